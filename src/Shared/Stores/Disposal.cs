namespace AgentStream.Storage;

/// <summary>Does something once, when it is disposed first.</summary>
internal sealed class Disposal(Action dispose) : IAsyncDisposable, IDisposable
{
    private Action? _dispose = dispose;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _dispose, null)?.Invoke();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
