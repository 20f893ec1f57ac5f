using Microsoft.Extensions.Logging;

namespace AgentStream.Background;

/// <summary>
/// Work that is done again and again. A round that fails is logged, once until one succeeds or fails in another way, and the next one comes nevertheless: only an order to stop ends it.
/// </summary>
/// <param name="work">What the rounds do, for the log: "Looking for ...".</param>
/// <param name="logger">Takes what goes wrong.</param>
internal sealed class Rounds(string work, ILogger logger)
{
    private readonly FaultLog _faults = new(logger);

    /// <summary>Called instead of the log when a round failed because the stream store is unavailable; by default that is not said, since others do.</summary>
    public Action<StorageUnavailableException> Unavailable { get; init; } = static _ => { };

    /// <summary>Works until it is told to stop.</summary>
    /// <param name="round">A round.</param>
    /// <param name="pause">Waits for the next round.</param>
    /// <param name="stopping">The order to stop.</param>
    /// <exception cref="OperationCanceledException">The order came.</exception>
    public Task RunAsync(Func<CancellationToken, Task> round, Func<CancellationToken, Task> pause, CancellationToken stopping) => RunUntilAsync(
        async token =>
        {
            await round(token);
            return false;
        },
        pause,
        stopping);

    /// <summary>Works until a round says that it was the last, or it is told to stop.</summary>
    /// <param name="round">A round. It returns whether all is done.</param>
    /// <param name="pause">Waits for the next round.</param>
    /// <param name="stopping">The order to stop.</param>
    /// <exception cref="OperationCanceledException">The order came.</exception>
    public async Task RunUntilAsync(Func<CancellationToken, Task<bool>> round, Func<CancellationToken, Task> pause, CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                var isDone = await round(stopping);
                _faults.Worked(work);
                if (isDone)
                {
                    return;
                }
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                // Whatever a round throws that is told to stop.
                stopping.ThrowIfCancellationRequested();
            }
            catch (StorageUnavailableException exception)
            {
                Unavailable(exception);
            }
            catch (Exception exception)
            {
                _faults.Failed(work, exception);
            }

            await pause(stopping);
        }
    }
}
