using AgentStream.EventLog;
using AgentStream.EventLog.Background;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Waiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Takes over the runs of processes that have lost their lease or have given them away, and goes on with them from the journal. Every process looks; the event log lets one of them have
/// each run. A journal of this process's own is looked through once, at the start, for what its predecessor left.
/// </summary>
internal sealed class TakeOver(
    RunEnvironment environment,
    ISessionJournal journal,
    AgentCatalog agents,
    LiveRuns runs,
    IPromptQueue queue,
    StrangeRuns strange,
    IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    /// <summary>A run that has been taken over this often ends as crashed: it may be what kills its processes.</summary>
    internal const int MostResumes = 3;

    // With a lease of 10 s, a killed process's runs go on within 11 s.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Every so many looks: longer than a start may take by default, and rare enough to cost nothing.
    private const int LostStartsEvery = 15;

    // So many at a time of one dead process, side by side: others look as well, and get their share. Whoever found as many looks again at once.
    private const int Share = 64;

    // The same process is given the same run twice when it asks twice.
    private readonly SemaphoreSlim _oneLook = new(1);
    private readonly FaultLog _faults = new(environment.Logger);

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

        await RestartAsync(stopping);
        using var timer = new PeriodicTimer(LookEvery, environment.Time);
        await timer.WaitForNextTickAsync(stopping);
        var lostStarts = new LostStarts(environment);
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

    /// <summary>Takes over what is abandoned now, up to a share of it.</summary>
    /// <returns>Whether there may be more for this process: it has found a whole share, and got some of it.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        await _oneLook.WaitAsync(cancellationToken);
        try
        {
            var found = await environment.Log.FindAbandonedAsync(Share, cancellationToken);
            var taken = await Task.WhenAll(found.Select(run => TryAsync(run, cancellationToken)));
            return found.Count >= Share && taken.Contains(true);
        }
        finally
        {
            _oneLook.Release();
        }
    }

    /// <summary>One run's fault is said once, and does not keep the others waiting.</summary>
    private async Task<bool> TryAsync(RunToken abandoned, CancellationToken cancellationToken)
    {
        var work = $"Taking over run {abandoned.RunId} of session {abandoned.Key}";
        try
        {
            var isTaken = await TryTakeOverAsync(abandoned, cancellationToken);
            _faults.Worked(work);
            return isTaken;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _faults.Failed(work, exception);
            return false;
        }
    }

    private async Task<bool> TryTakeOverAsync(RunToken abandoned, CancellationToken cancellationToken)
    {
        // When it was ours, our own lease was late: the runs are under way here, and when nobody has taken them they are ours again with the next renewal.
        if (runs.IsStopping
            || abandoned.SiloId == environment.Silo.Id
            || strange.IsLeftToOthers(abandoned.RunId)
            || await TakeAsync(abandoned, cancellationToken) is not { } taken)
        {
            return false;
        }

        environment.Logger.LogWarning(
            "Run {Run} of session {Session} was taken over: {Reason}.",
            taken.Run.RunId,
            taken.Run.Key,
            abandoned.SiloId == SiloIdentity.Nobody ? "its process has given it away" : "its process is gone");
        var deps = new Deps(environment, taken.Run.Key);
        deps.Adopt(taken);
        await GoOnAsync(deps, new SessionHistory(), mayLeave: true, cancellationToken);
        return true;
    }

    /// <summary>A take-over whose answer was lost may have taken place, and then nobody would find the run any more. So it is repeated until it is answered.</summary>
    private Task<TakenRun?> TakeAsync(RunToken abandoned, CancellationToken cancellationToken) =>
        environment.PatientlyAsync(() => environment.Log.TakeOverAsync(abandoned, environment.Silo.Id, cancellationToken), cancellationToken);

    /// <summary>Goes on with the runs that the journal of a process before this one has no end of, in streams that begin anew.</summary>
    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        foreach (var key in await FindUnfinishedAsync(cancellationToken))
        {
            try
            {
                var history = new SessionHistory();
                await history.ReadAsync(journal, key);
                if (history.Unfinished is { } unfinished)
                {
                    var deps = new Deps(environment, key);
                    await deps.StartAsync(unfinished.RunId);
                    environment.Logger.LogWarning("Run {Run} of session {Session} goes on: the process before this one had not ended it.", unfinished.RunId, key);
                    await GoOnAsync(deps, history, mayLeave: false, cancellationToken);
                }
            }
            catch (SessionBusyException)
            {
                // A prompt of this process was faster, or the log that others share knows of the run: then it is taken over there.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                environment.Logger.LogError(e, "The last run of session {Session} could not be gone on with.", key);
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
            environment.Logger.LogError(e, "The journal could not be looked through for runs that a process before this one has left.");
            return [];
        }
    }

    /// <param name="deps">The run, owned.</param>
    /// <param name="history">What is known of the session's journal.</param>
    /// <param name="mayLeave">Whether other processes can have the run, should its agent not be known here.</param>
    /// <param name="cancellationToken">This process stops.</param>
    private async Task GoOnAsync(Deps deps, SessionHistory history, bool mayLeave, CancellationToken cancellationToken)
    {
        var (key, runId) = (deps.Key, deps.Run.Token.RunId);
        try
        {
            await environment.PatientlyAsync(() => history.ReadAsync(journal, key), cancellationToken);
            if (history.Unfinished is { } unfinished && unfinished.RunId == runId)
            {
                var (agent, reason) = Find(unfinished, out var isStrange);
                if (isStrange && mayLeave && deps.Run.Status == RunStatus.Live && strange.LeaveToOthers(runId))
                {
                    environment.Logger.LogWarning("Run {Run} of session {Session} is left to others for a while: {Reason}", runId, key, reason);
                    await deps.GiveAwayAsync();
                    return;
                }

                if (agent is not null)
                {
                    var run = new AgentRun(environment, journal, agent, history, deps);
                    run.Resume(unfinished);
                    _ = runs.Go(run);
                    return;
                }

                var error = Protocol.CrashedPrefix + reason;
                await new RunJournal(journal, deps.Run.Token, history, environment.Time, deps.Run.Abandoned)
                    .AddAsync(now => new RunEndedRecord(runId, error) { Timestamp = now });
                await deps.StopAsync(error, null);
            }
            else if (history.LastRunId == runId)
            {
                await ShowRestAsync(deps, history);
                await deps.StopAsync(history.LastError, null);
            }
            else if (await environment.PatientlyAsync(() => queue.ReadAsync(key, cancellationToken).AsTask(), cancellationToken) is [var next, ..] && next.RunId == runId)
            {
                // Its prompt waited for its turn, and the process died between taking the session and keeping the prompt in the journal.
                if (await WaitingRun.AcceptAsync(environment, journal, agents, history, queue, deps, next) is { } run)
                {
                    _ = runs.Go(run);
                }
            }
            else
            {
                // The journal has never heard of it: it was in the memory of the process that died, or the prompt was never accepted.
                await deps.StopAsync($"{Protocol.CrashedPrefix}the process that ran it is gone, and what it knew with it", null);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This process stops: it gives its lease up, and the next one goes on.
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.LogWarning("{Reason}", e.Message);
        }
        catch (Exception e)
        {
            environment.Logger.LogError(e, "Run {Run} of session {Session} could not be gone on with.", runId, key);
            await deps.StopAsync(Protocol.CrashedPrefix + environment.Words.Of(e), null);
        }
    }

    /// <summary>A run had completed, so the journal has all that it said; its process may have died before the stream had. What a canceled run said last is not shown again.</summary>
    private async Task ShowRestAsync(Deps deps, SessionHistory history)
    {
        if (history.LastError is null)
        {
            var stop = deps.Run.Stopped;
            var next = await StreamTail.CountNodesAsync(environment, deps.Run, stop);
            if (next < history.LastAnswered)
            {
                await deps.AddInfoAsync(new { msg = "resumed", idx = next }, cancellationToken: stop);
                await deps.ReplayAsync(history.Messages, next, history.LastAnswered, stop);
            }
        }
    }

    /// <summary>The agent that goes on, or why none does.</summary>
    private (Agent? Agent, string? Reason) Find(UnfinishedRun run, out bool isStrange)
    {
        isStrange = false;
        if (!environment.Options.ResumeRuns)
        {
            return (null, "the process that ran it is gone");
        }

        if (run.Resumes >= MostResumes)
        {
            return (null, $"the processes that ran it are gone, {run.Resumes + 1} one after the other");
        }

        try
        {
            return (agents.Get(run.Agent), null);
        }
        catch (UnknownAgentException e)
        {
            isStrange = true;
            return (null, e.Message);
        }
    }
}
