using System.Collections.Concurrent;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Approvals;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Recovery;

/// <summary>Claims an orphaned run for this process, and carries out what <see cref="RecoveryRules"/> decide.</summary>
internal sealed class RunRecovery(
    RunEnvironment environment, ISessionJournal journal, AgentCatalog agents, RunFactory factory, RunHost runs, IPromptQueue queue, QueuedRuns queued, DeferredRuns deferred)
{
    // The store gives a run to the same process twice when that asks twice.
    private readonly ConcurrentDictionary<RunToken, bool> _claiming = new();

    /// <summary>
    /// Whether this process may claim a run. One of its own is under way here: its lease was late, and when nobody has taken the run, it is its own again with the next renewal.
    /// </summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    public bool MayClaim(RunToken orphan) => !agents.IsEmpty && !runs.IsStopping && orphan.SiloId != environment.Silo.Id && !deferred.IsLeftToOthers(orphan.RunId);

    /// <summary>Claims a run.</summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go; or that it was not to be had, or came to its end.</returns>
    public async Task<Recovered> ClaimAsync(RunToken orphan, CancellationToken cancellationToken)
    {
        if (!MayClaim(orphan) || !_claiming.TryAdd(orphan, true))
        {
            return default;
        }

        RunHandle run;
        try
        {
            if (environment.Owned.Has(orphan.For(environment.Silo.Id)) || await TakeAsync(orphan, cancellationToken) is not { } recovered)
            {
                return default;
            }

            run = RunHandle.Of(environment, recovered);
        }
        finally
        {
            _claiming.TryRemove(orphan, out _);
        }

        environment.Logger.RunRecovered(
            orphan.RunId,
            orphan.Key,
            orphan.SiloId == SiloIdentity.Nobody ? "its process has handed it off" : "its process is gone");
        var state = new SessionState();
        return new(true, await ContinueAsync(run, state, mayDefer: true, cancellationToken), state);
    }

    /// <summary>Starts the run again that a session's journal has no end of, in a stream that begins anew.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go.</returns>
    /// <exception cref="SessionBusyException">The session has another run by now.</exception>
    public async Task<Recovered> RestartAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var state = new SessionState();
        await state.ReadAsync(journal, key);
        if (state.Unfinished is not { } unfinished || new RunToken(key, environment.Silo.Id, unfinished.RunId) is var token && !_claiming.TryAdd(token, true))
        {
            return default;
        }

        RunHandle run;
        try
        {
            if (environment.Owned.Has(token))
            {
                return default;
            }

            run = await RunHandle.StartAsync(environment, key, unfinished.RunId);
        }
        finally
        {
            _claiming.TryRemove(token, out _);
        }

        environment.Logger.RunRestarted(unfinished.RunId, key);
        return new(true, await ContinueAsync(run, state, mayDefer: false, cancellationToken), state);
    }

    /// <summary>A claim whose answer was lost may have taken place, and then nobody would find the run any more. So it is repeated until it is answered.</summary>
    private Task<RecoveredRun?> TakeAsync(RunToken orphan, CancellationToken cancellationToken) =>
        environment.PatientlyAsync(() => environment.Store.RecoverAsync(orphan, environment.Silo.Id, cancellationToken), cancellationToken);

    /// <param name="run">The run, owned.</param>
    /// <param name="state">What is known of the session's journal.</param>
    /// <param name="mayDefer">Whether other processes can have the run, should its agent not be known here.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>The run, to let go; null when it came to its end, or is left to others.</returns>
    private async Task<AgentRun?> ContinueAsync(RunHandle run, SessionState state, bool mayDefer, CancellationToken cancellationToken)
    {
        var runId = run.Token.RunId;
        try
        {
            await environment.PatientlyAsync(() => state.ReadAsync(journal, run.Key), cancellationToken);
            var (agent, unknown) = FindAgent(state, runId);
            var next = IsInJournal(state, runId) ? null : await FindNextAsync(run.Key, runId, cancellationToken);
            var decision = RecoveryRules.Decide(
                runId, state, environment.Options.ResumeRuns, agent is not null, mayDefer && unknown is not null && run.Status == RunStatus.Live && deferred.LeaveToOthers(runId), next is not null);
            switch (decision)
            {
                case RecoveryDecision.Resume:
                    var resumed = factory.NewRun(agent!, state, run);
                    resumed.Resume(state.Unfinished!);
                    return resumed;
                case RecoveryDecision.Defer:
                    environment.Logger.RunDeferred(runId, run.Key, unknown!.Message);
                    await run.HandOffAsync();
                    return null;
                case RecoveryDecision.Crash:
                    await CrashAsync(run, state, ReasonOf(state.Unfinished!, unknown));
                    return null;
                case RecoveryDecision.ShowRest:
                    await ShowRestAsync(run, state);
                    await EndAsync(run, state.LastRunId == runId ? RunError.Of(state.LastError, state.LastReason) : null, state.Requests);
                    return null;
                case RecoveryDecision.StartQueued:
                    // The process died between claiming the session and keeping the prompt in the journal.
                    return await queued.AcceptAsync(state, run, next!);
                default:
                    await EndAsync(run, environment.Errors.Crashed(run.Token, new RunException("the process that ran it is gone, and what it knew with it", FailureReasons.Interrupted)));
                    return null;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This process stops: it gives its lease up, and the next one continues.
        }
        catch (OwnershipLostException e)
        {
            environment.Logger.OwnershipLost(e.Message);
        }
        catch (Exception e)
        {
            await EndAsync(run, environment.Errors.Crashed(run.Token, e));
        }

        return null;
    }

    private static bool IsInJournal(SessionState state, string runId) => state.Unfinished?.RunId == runId || state.IsLast(runId);

    /// <summary>The prompt that is going to be the run, if it is the next in the queue.</summary>
    private async Task<QueuedPrompt?> FindNextAsync(SessionKey key, string runId, CancellationToken cancellationToken) =>
        (await environment.PatientlyAsync(() => queued.NextAsync(key, cancellationToken), cancellationToken))?.RunId == runId
            ? await environment.PatientlyAsync(() => queue.FindAsync(key, runId, cancellationToken).AsTask(), cancellationToken)
            : null;

    private async Task CrashAsync(RunHandle run, SessionState state, AgentStreamException reason)
    {
        var error = environment.Errors.Crashed(run.Token, reason);
        var last = await environment.PatientlyAsync(() => environment.Store.FindRunAsync(run.Key, run.Token.RunId), run.GivenUp);
        await factory.EndAsync(run, state.Unfinished!.Agent, state.Webhook, error, () => factory.NewJournal(state, run).AddAsync(now => new RunEndedRecord(run.Token.RunId, error.Message) { Timestamp = now, Reason = error.Reason, Last = last?.Last }));
        environment.Tell(run.Key, SessionEventKind.Ended);
    }

    private async Task EndAsync(RunHandle run, RunError? error, SessionRequests? requests = null)
    {
        await run.FinishAsync(error, requests is null ? null : RestOf(requests, run.Token.RunId));
        environment.Tell(run.Key, requests?.AskedBy(run.Token.RunId).Any() == true ? SessionEventKind.Waiting : SessionEventKind.Ended);
    }

    /// <summary>A run had completed, so the journal has all that it said; its process may have died before the stream had. What a canceled run said last is not shown again.</summary>
    private async Task ShowRestAsync(RunHandle run, SessionState state)
    {
        if (state.LastError is null && state.LastRunId == run.Token.RunId)
        {
            var next = await NodeCounter.CountNodesAsync(environment, run, run.Stopped);
            if (next < state.LastAnswered)
            {
                await run.EmitAsync(Protocol.Info, Protocol.DeveloperOrigin, EntryBodies.Resumed(next), run.Stopped);
                await run.Nodes.ReplayAsync(state.Messages, next, state.LastAnswered, run.Stopped);
            }
        }
    }

    /// <summary>The entries that stand before the end of a run which took an answer, or waits for some.</summary>
    private static List<NewEntry> RestOf(SessionRequests requests, string runId) =>
        [.. RequestBodies.Entries(requests.AnsweredIn(runId)), .. RequestBodies.Entries(requests.AskedBy(runId))];

    /// <summary>The agent of an unfinished run, or why there is none.</summary>
    private (Agent? Agent, UnknownAgentException? Unknown) FindAgent(SessionState state, string runId)
    {
        if (state.Unfinished is not { } progress || progress.RunId != runId)
        {
            return default;
        }

        try
        {
            return (agents.Get(progress.Agent), null);
        }
        catch (UnknownAgentException e)
        {
            return (null, e);
        }
    }

    /// <summary>Why an unfinished run is not resumed.</summary>
    private AgentStreamException ReasonOf(RunProgress progress, UnknownAgentException? unknown) =>
        !environment.Options.ResumeRuns ? new RunException("the process that ran it is gone", FailureReasons.Interrupted)
        : progress.Resumes >= RecoveryRules.MostResumes ? new RunException($"the processes that ran it are gone, {progress.Resumes + 1} one after the other", FailureReasons.Interrupted)
        : unknown!;
}

/// <summary>What became of an orphaned run.</summary>
/// <param name="IsTaken">Whether this process claimed it.</param>
/// <param name="Run">The run, to let go; null when there is nothing to do any more.</param>
/// <param name="State">The state of its session, which the run uses.</param>
internal readonly record struct Recovered(bool IsTaken, AgentRun? Run, SessionState? State);
