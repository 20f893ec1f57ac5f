using AgentStream.Background;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Recovery;

/// <summary>
/// Looks for the runs of processes that have lost their lease or have handed them off, and has them recovered. Every process looks; the stream store lets one of them have each run. A journal of
/// this process's own is looked through once, at the start, for what its predecessor left.
/// </summary>
internal sealed class OrphanWatch(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, IRecovery recovery, IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    // With a lease of 10 s, a killed process's runs continue within 11 s.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Every so many looks: longer than a start may take by default, and rare enough to cost nothing.
    private const int LostStartsEvery = 15;

    // So many at a time of one dead process, side by side: others look as well, and get their share. Whoever found as many looks again at once.
    private const int Share = 64;

    // The same process is given the same run twice when it asks twice.
    private readonly SemaphoreSlim _oneLook = new(1);
    private readonly FaultLog _faults = new(environment.Logger);
    private readonly OrphanAges _ages = new(environment.Time);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _oneLook.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        if (agents.IsEmpty)
        {
            // A process that knows no agents could only end the runs of others as crashed.
            await Task.Delay(Timeout.InfiniteTimeSpan, environment.Time, stopping);
        }

        environment.Metrics.ShowOrphans(() => _ages.Oldest);

        // Sessions' grains can be called from here on.
        await StartedAsync(stopping);
        await RestartAsync(stopping);
        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        await timer.WaitForNextTickAsync(stopping);
        var lostStarts = new UnstartedRuns(environment);
        var look = 0;
        await new Rounds("Looking for runs whose process is gone", environment.Logger)
            .RunAsync(LookAllAsync, token => timer.WaitForNextTickAsync(token).AsTask(), stopping);

        async Task LookAllAsync(CancellationToken token)
        {
            look++;
            while (await LookAsync(token))
            {
                // There may be more.
            }

            if (look % LostStartsEvery == 0)
            {
                await lostStarts.LookAsync(token);
            }
        }
    }

    /// <summary>Has recovered what is orphaned now, up to a share of it.</summary>
    /// <returns>Whether there may be more for this process: it has found a whole share, and got some of it.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        await _oneLook.WaitAsync(cancellationToken);
        try
        {
            var found = await environment.Store.FindOrphanedAsync(Share, cancellationToken);
            var taken = await Task.WhenAll(found.Select(run => TryAsync(run, cancellationToken)));
            _ages.Look(found, taken, isAll: found.Count < Share);
            return found.Count >= Share && taken.Contains(true);
        }
        finally
        {
            _oneLook.Release();
        }
    }

    /// <summary>One run's fault is said once, and does not keep the others waiting.</summary>
    private async Task<bool> TryAsync(RunToken orphan, CancellationToken cancellationToken)
    {
        var isTaken = false;
        await _faults.TryAsync(
            $"Recovering run {orphan.RunId} of session {orphan.Key}",
            async () => isTaken = await recovery.RecoverAsync(orphan, cancellationToken));
        return isTaken;
    }

    /// <summary>Has the runs resumed that the journal of a process before this one has no end of.</summary>
    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        foreach (var key in await FindUnfinishedAsync(cancellationToken))
        {
            try
            {
                await recovery.RestartAsync(key, cancellationToken);
            }
            catch (SessionBusyException)
            {
                // A prompt of this process was faster, or the log that others share knows of the run: then it is recovered there.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                environment.Logger.LastRunNotResumed(e, key);
            }
        }
    }

    private async Task<IReadOnlyList<SessionKey>> FindUnfinishedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await journal.ListUnfinishedAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            environment.Logger.JournalNotSearched(e);
            return [];
        }
    }
}
