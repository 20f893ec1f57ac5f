using AgentStream.Testing;

namespace AgentStream.Bench.Stages;

/// <summary>Holds models back until a measurement begins.</summary>
internal sealed class Gate
{
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        // In this order: who is counted goes through with the next opening.
        var opened = _open.Task;
        Interlocked.Increment(ref _waiting);
        try
        {
            await opened.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Waits until so many models wait. A run's stream begins before its model is asked.</summary>
    public Task ReachedAsync(int models) => Wait.Until(() => Volatile.Read(ref _waiting) >= models, $"{models} models at the gate");

    /// <summary>Lets those through that wait; who comes later waits for the next time.</summary>
    public void OpenOnce() =>
        Interlocked.Exchange(ref _open, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
