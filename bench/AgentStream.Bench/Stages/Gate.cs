namespace AgentStream.Bench.Stages;

/// <summary>Holds models back until a measurement begins.</summary>
internal sealed class Gate
{
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task PassAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(cancellationToken);

    /// <summary>Lets those through that wait; who comes later waits for the next time.</summary>
    public void OpenOnce() =>
        Interlocked.Exchange(ref _open, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
