using System.Threading.Tasks.Sources;

namespace AgentStream.Storage.Tailing;

/// <summary>
/// Wakes one waiter, on the thread pool. Set before the wait, it does not get lost; set twice, it wakes once. It can be waited for any number of times, which allocates nothing.
/// </summary>
internal sealed class Signal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int IsWaiting = 1;
    private const int IsSet = 2;

    private ManualResetValueTaskSourceCore<bool> _wait;
    private int _state;

    /// <summary>Wakes the waiter, now or as soon as it waits. From any thread; it runs none of the waiter's code.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _state, IsSet) == IsWaiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    /// <summary>Waits until it is set. One waiter at a time; it awaits the result once.</summary>
    public ValueTask WaitAsync()
    {
        _wait.Reset();
        if (Interlocked.CompareExchange(ref _state, IsWaiting, Idle) == Idle)
        {
            return new(this, _wait.Version);
        }

        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the waiter continues: what is set from here on is for its next wait.
        Volatile.Write(ref _state, Idle);
        _wait.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
