using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>
/// The runs of this process. They belong to the process, not to a grain's activation: an activation may go away for reasons of the engine's,
/// its run goes on. When the process stops, they are brought to their <c>end</c>.
/// </summary>
internal sealed class LiveRuns(RunEnvironment environment, IEnumerable<IRunObserver> observers) : IHostedService
{
    private readonly ConcurrentDictionary<AgentRun, Task> _runs = new();

    /// <summary>The number of runs under way.</summary>
    public int Count => _runs.Count;

    /// <summary>Lets a run go, beside whatever the caller does.</summary>
    /// <returns>A task that completes when the run is over, however it ended.</returns>
    public Task Go(AgentRun run)
    {
        var go = new Task<Task>(() => WatchAsync(run));
        var over = go.Unwrap();
        _runs[run] = over;
        go.Start(environment.Scheduler);
        foreach (var observer in observers)
        {
            observer.OnRun(run.Key);
        }

        return over;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var runs = _runs.ToArray();
        await Task.WhenAll(runs.Select(r => r.Key.ShutDownAsync()));
        try
        {
            await Task.WhenAll(runs.Select(r => r.Value)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Array.ForEach(runs, r => r.Key.Abandon());
        }
    }

    private async Task WatchAsync(AgentRun run)
    {
        try
        {
            await run.ExecuteAsync();
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.LogWarning("{Reason}", e.Message);
        }
        catch (Exception e)
        {
            environment.Logger.LogError(e, "A run could not be brought to its end.");
        }
        finally
        {
            _runs.TryRemove(run, out _);
        }
    }
}
