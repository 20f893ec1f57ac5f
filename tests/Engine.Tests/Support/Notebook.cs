namespace AgentStream.Engine.Tests.Support;

/// <summary>A scoped service: each activation has its own, and it goes with the activation.</summary>
public sealed class Notebook(Signals signals) : IDisposable
{
    public Guid Id { get; } = Guid.NewGuid();

    public void Dispose() => signals.Give($"notebook {Id} disposed");
}
