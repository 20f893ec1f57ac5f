using System.Diagnostics;
using System.Threading.Channels;
using AgentStream.TestTools;

namespace AgentStream.Bench.Stages;

/// <summary>Holds models back until a measurement begins.</summary>
internal sealed class Gate
{
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<long> _canceled = Channel.CreateUnbounded<long>();
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
        catch (OperationCanceledException)
        {
            _canceled.Writer.TryWrite(Stopwatch.GetTimestamp());
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Waits until so many models wait. A run's stream begins before its model is asked.</summary>
    public Task ReachedAsync(int models) => Wait.Until(() => Volatile.Read(ref _waiting) >= models, $"{models} models at the gate");

    /// <summary>Waits until the next model that waits is stopped.</summary>
    /// <returns>When it was, as <see cref="Stopwatch.GetTimestamp"/> says.</returns>
    public Task<long> CanceledAsync() => _canceled.Reader.ReadAsync().AsTask().Within("a model is stopped");

    /// <summary>Lets those through that wait; who comes later waits for the next time.</summary>
    public void OpenOnce() =>
        Interlocked.Exchange(ref _open, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
