namespace AgentStream;

/// <summary>Lets so much work be done at a time. What is more waits for its turn.</summary>
/// <param name="count">How much.</param>
internal sealed class Slots(int count)
{
    private readonly SemaphoreSlim _free = new(count);

    /// <summary>Waits for a slot.</summary>
    /// <returns>Gives the slot back when it is disposed.</returns>
    public async ValueTask<IDisposable> TakeAsync(CancellationToken cancellationToken = default)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Slot(_free);
    }

    private sealed class Slot(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
