namespace AgentStream.Storage.Tailing;

/// <summary>A <see cref="Signal"/> that also sets itself after a while.</summary>
internal sealed class Wake : IDisposable
{
    private readonly Signal _signal = new();
    private readonly ITimer _timer;

    public Wake(TimeProvider time) =>
        _timer = time.CreateTimer(static wake => ((Wake)wake!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Wakes the waiter, now or as soon as it waits.</summary>
    public void Set() => _signal.Set();

    /// <summary>Waits until it is set, or for a while at the most.</summary>
    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        _timer.Change(atMost, Timeout.InfiniteTimeSpan);
        using (cancellationToken.UnsafeRegister(static wake => ((Wake)wake!).Set(), this))
        {
            await _signal.WaitAsync();
        }

        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
