using System.Collections.Concurrent;
using AgentStream.Grains.Output;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Runs;

/// <summary>
/// The index of this process's runs. A run is its session's grain's; the process needs them all when it stops, to hand them off. A prompt that is still accepted then leaves before its first node.
/// </summary>
internal sealed class RunHost(RunEnvironment environment, IEnumerable<IRunObserver> observers, IHostApplicationLifetime lifetime) : IHostedService
{
    private readonly ConcurrentDictionary<AgentRun, Task> _runs = new();
    private volatile bool _isStopping;

    /// <summary>The number of runs under way.</summary>
    public int Count => _runs.Count;

    /// <summary>The runs under way.</summary>
    public ICollection<AgentRun> Runs => _runs.Keys;

    /// <summary>Whether the process is about to stop: runs leave it, none is recovered.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Lets a run go, beside whatever the caller does.</summary>
    /// <returns>A task that completes when the run is over in this process, however it ended.</returns>
    public Task Go(AgentRun run)
    {
        var go = new Task<Task>(() => WatchAsync(run));
        var over = go.Unwrap();
        _runs[run] = over;
        if (IsStopping)
        {
            run.Leave();
        }

        go.Start(environment.Scheduler);
        foreach (var observer in observers)
        {
            observer.OnRun(run.Key);
        }

        return over;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // As early as can be: while the rest of the process comes to its stop, runs come to places where they can leave.
        lifetime.ApplicationStopping.Register(Leave);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Leave();
        var runs = _runs.ToArray();
        var over = Task.WhenAll(runs.Select(r => r.Value));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(over, Task.Delay(environment.Options.DrainTimeout, environment.Time, patience.Token));
        await patience.CancelAsync();
        await Task.WhenAll(runs.Select(r => r.Key.ShutDownAsync()));
        try
        {
            await over.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Array.ForEach(runs, r => r.Key.GiveUp());
        }
    }

    private void Leave()
    {
        _isStopping = true;
        foreach (var run in _runs.Keys)
        {
            run.Leave();
        }
    }

    // What the run logs, its tools and its model's client too, has the run's ids.
    private async Task WatchAsync(AgentRun run)
    {
        using var scope = RunScope.Begin(environment.Logger, run);
        var began = environment.Time.GetTimestamp();
        try
        {
            var result = await run.ExecuteAsync();
            if (environment.Options.LogRuns)
            {
                environment.Logger.RunOver(run.RunId, run.Key, result.Ending, environment.Time.GetElapsedTime(began).TotalSeconds);
            }
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.OwnershipLost(e.Message);
        }
        catch (Exception e)
        {
            environment.Logger.RunNotEnded(e, run.RunId, run.Key);
        }
        finally
        {
            _runs.TryRemove(run, out _);
        }
    }
}
