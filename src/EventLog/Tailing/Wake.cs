namespace AgentStream.EventLog.Tailing;

/// <summary>Wakes one waiter, at once when it was set or by itself after a while. Set before the wait, it does not get lost; set twice, it wakes once.</summary>
internal sealed class Wake : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private TaskCompletionSource? _waiter;
    private bool _isSet;

    public Wake(TimeProvider time) =>
        _timer = time.CreateTimer(static wake => ((Wake)wake!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Wakes the waiter, now or as soon as it waits.</summary>
    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            waiter = _waiter;
            _waiter = null;
            _isSet = waiter is null;
        }

        waiter?.SetResult();
    }

    /// <summary>Waits until it is set, or for a while at the most.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return;
            }

            waiter = _waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _timer.Change(atMost, Timeout.InfiniteTimeSpan);
        await waiter.Task.WaitAsync(cancellationToken);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
