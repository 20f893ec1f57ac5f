using AgentStream.Storage.InMemory;
using AgentStream.Storage.Timers;

namespace AgentStream.Storage.Tests.Timers;

/// <summary>The index in memory keeps the contract.</summary>
public sealed class InMemorySessionTimersTests : SessionTimersContract
{
    protected override ISessionTimers Timers { get; } = new InMemorySessionTimers();

    protected override ValueTask<ISessionTimers?> OpenAgainAsync() => new((ISessionTimers?)null);

    protected override Task<RunToken> StartedAsync(SessionKey key) => Task.FromResult(new RunToken(key, "silo-1", "run-1"));
}
