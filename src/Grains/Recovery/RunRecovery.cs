using System.Collections.Concurrent;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Recovery;

/// <summary>Claims an orphaned run for this process, and decides from the journal what becomes of it.</summary>
internal sealed class RunRecovery(RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, RunHost runs, IPromptQueue queue, DeferredRuns strange)
{
    /// <summary>A run that has been recovered this often ends as crashed: it may be what kills its processes.</summary>
    internal const int MostResumes = 3;

    // The log gives a run to the same process twice when that asks twice.
    private readonly ConcurrentDictionary<RunToken, bool> _claiming = new();

    /// <summary>
    /// Whether this process may claim a run. One of its own is under way here: its lease was late, and when nobody has taken the run, it is its own again with the next renewal.
    /// </summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    public bool MayClaim(RunToken orphan) => !agents.IsEmpty && !runs.IsStopping && orphan.SiloId != environment.Silo.Id && !strange.IsLeftToOthers(orphan.RunId);

    /// <summary>Claims a run.</summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go; or that it was not to be had, or came to its end.</returns>
    public async Task<Recovered> ClaimAsync(RunToken orphan, CancellationToken cancellationToken)
    {
        var deps = new Deps(environment, orphan.Key);
        if (!MayClaim(orphan) || !_claiming.TryAdd(orphan, true))
        {
            return default;
        }

        try
        {
            if (environment.Owned.Has(orphan.For(environment.Silo.Id)) || await TakeAsync(orphan, cancellationToken) is not { } taken)
            {
                return default;
            }

            deps.Adopt(taken);
        }
        finally
        {
            _claiming.TryRemove(orphan, out _);
        }

        environment.Logger.LogWarning(
            "Run {Run} of session {Session} was recovered: {Reason}.",
            orphan.RunId,
            orphan.Key,
            orphan.SiloId == SiloIdentity.Nobody ? "its process has handed it off" : "its process is gone");
        var history = new SessionState();
        return new(true, await GoOnAsync(deps, history, mayLeave: true, cancellationToken), history);
    }

    /// <summary>Starts the run again that a session's journal has no end of, in a stream that begins anew.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go.</returns>
    /// <exception cref="SessionBusyException">The session has another run by now.</exception>
    public async Task<Recovered> RestartAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var history = new SessionState();
        await history.ReadAsync(journal, key);
        if (history.Unfinished is not { } unfinished)
        {
            return default;
        }

        var deps = new Deps(environment, key);
        await deps.StartAsync(unfinished.RunId);
        environment.Logger.LogWarning("Run {Run} of session {Session} continues: the process before this one had not ended it.", unfinished.RunId, key);
        return new(true, await GoOnAsync(deps, history, mayLeave: false, cancellationToken), history);
    }

    /// <summary>A recovery whose answer was lost may have taken place, and then nobody would find the run any more. So it is repeated until it is answered.</summary>
    private Task<RecoveredRun?> TakeAsync(RunToken orphan, CancellationToken cancellationToken) =>
        environment.PatientlyAsync(() => environment.Store.RecoverAsync(orphan, environment.Silo.Id, cancellationToken), cancellationToken);

    /// <param name="deps">The run, owned.</param>
    /// <param name="history">What is known of the session's journal.</param>
    /// <param name="mayLeave">Whether other processes can have the run, should its agent not be known here.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go; null when it came to its end, or is left to others.</returns>
    private async Task<AgentRun?> GoOnAsync(Deps deps, SessionState history, bool mayLeave, CancellationToken cancellationToken)
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
                    await deps.HandOffAsync();
                    return null;
                }

                if (agent is not null)
                {
                    var run = new AgentRun(environment, journal, agent, history, deps);
                    run.Resume(unfinished);
                    return run;
                }

                var error = Protocol.CrashedPrefix + reason;
                await new RunJournal(journal, deps.Run.Token, history, environment.Time, deps.Run.GivenUp)
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
                return await QueuedRun.AcceptAsync(environment, journal, agents, history, queue, deps, next);
            }
            else
            {
                // The journal has never heard of it: it was in the memory of the process that died, or the prompt was never accepted.
                await deps.StopAsync($"{Protocol.CrashedPrefix}the process that ran it is gone, and what it knew with it", null);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This process stops: it gives its lease up, and the next one continues.
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.LogWarning("{Reason}", e.Message);
        }
        catch (Exception e)
        {
            environment.Logger.LogError(e, "Run {Run} of session {Session} could not be resumed.", runId, key);
            await deps.StopAsync(Protocol.CrashedPrefix + environment.Words.Of(e), null);
        }

        return null;
    }

    /// <summary>A run had completed, so the journal has all that it said; its process may have died before the stream had. What a canceled run said last is not shown again.</summary>
    private async Task ShowRestAsync(Deps deps, SessionState history)
    {
        if (history.LastError is null)
        {
            var stop = deps.Run.Stopped;
            var next = await NodeCounter.CountNodesAsync(environment, deps.Run, stop);
            if (next < history.LastAnswered)
            {
                await deps.AddInfoAsync(new { msg = "resumed", idx = next }, cancellationToken: stop);
                await deps.ReplayAsync(history.Messages, next, history.LastAnswered, stop);
            }
        }
    }

    /// <summary>The agent that continues, or why none does.</summary>
    private (Agent? Agent, string? Reason) Find(RunProgress run, out bool isStrange)
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

/// <summary>What became of an orphaned run.</summary>
/// <param name="IsTaken">Whether this process claimed it.</param>
/// <param name="Run">The run, to let go; null when there is nothing to do any more.</param>
/// <param name="History">The fold of its session's journal, which the run uses.</param>
internal readonly record struct Recovered(bool IsTaken, AgentRun? Run, SessionState? History);
