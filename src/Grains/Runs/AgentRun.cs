using AgentStream.Grains.Approvals;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Grains.Telemetry;
using AgentStream.Grains.Webhooks;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Runs;

/// <summary>A run of an agent, in a session that is owned. It works next to the grain's turns and touches nothing of the grain's but the session's state, which is lent to it.</summary>
internal sealed partial class AgentRun(RunEnvironment environment, Agent agent, RunHandle run, RunJournal journal, bool canLeave, Steering? steering, RequestTimers? timers, UsageMeter? usage, RunWebhooks? webhooks)
{
    private RunProgress? _progress;
    private AgentLoop? _loop;
    private bool _continues;

    /// <summary>The session.</summary>
    public SessionKey Key => run.Key;

    /// <summary>The run's own id.</summary>
    public string RunId => Token.RunId;

    /// <summary>The agent, as it is registered.</summary>
    public Agent Agent => agent;

    /// <summary>Whether the session has been given a title.</summary>
    public bool IsNamed => journal.History.Name is not null;

    /// <summary>Whether it has its <c>end</c>, and uses the session's state no more.</summary>
    public bool HasEnded => run.HasEnded;

    private RunToken Token => run.Token;

    /// <summary>Accepts the prompt: when this is done, the journal has it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="key">How the prompt is known when it is sent again; null for not.</param>
    /// <param name="hasWaited">Whether it had to wait for its turn.</param>
    /// <param name="tools">The tools of the client that came with it; null for none.</param>
    /// <param name="caller">What the run keeps of its user; null for nothing.</param>
    /// <param name="webhook">Where its end is reported to; null for nowhere.</param>
    /// <param name="traceparent">The trace that a prompt which has waited came with; null for the caller's.</param>
    /// <returns>Null; or the run that the same request has been meanwhile, and then this one is over.</returns>
    public async Task<string?> AcceptAsync(string prompt, RequestKey? key = null, bool hasWaited = false, IReadOnlyList<ClientTool>? tools = null, RunCaller? caller = null, string? webhook = null, string? traceparent = null)
    {
        try
        {
            await journal.ReadNewsAsync();
            if (journal.History.Keyed.Find(key) is { } known)
            {
                await run.FinishAsync(error: null, gracePeriod: TimeSpan.Zero);
                return known;
            }

            _span = RunSpan.Start(agent.Name, agent.Client, Token, traceparent);
            var isNew = journal.History.IsEmpty;
            await journal.AddAsync(
                now =>
                [
                    new RunStartedRecord(Token.RunId, agent.Name, hasWaited)
                    {
                        Timestamp = now,
                        IdempotencyKey = key?.Key,
                        RequestHash = key?.Hash,
                        Tools = tools ?? [],
                        Begin = run.Begin,
                        Caller = caller,
                        Webhook = webhook,
                        Traceparent = _span?.Traceparent,
                    },
                    new RequestRecord(0, [new UserPromptPart(prompt) { Timestamp = now }]) { Timestamp = now },
                ],
                environment.Options.Limits);
            if (isNew)
            {
                environment.Tell(Key, SessionEventKind.Created, journal.History.ShortTitle);
            }

            return null;
        }
        catch (Exception e)
        {
            var result = Crashed(e);
            End(result);

            // A prompt that has waited for nothing ends here. Whoever sent one just now hears of it by the exception, and one that waits is tried again.
            var notice = hasWaited && e is LimitExceededException ? await AnnounceAsync(result, webhook) : null;
            await run.FailToStartAsync(result.Error!);
            await (notice?.ConfirmAsync() ?? Task.CompletedTask);
            throw;
        }
    }

    /// <summary>The run was recovered from a process that died: it continues where that one got.</summary>
    public void Resume(RunProgress progress) => (_progress, _span) = (progress, RunSpan.Continue(agent.Name, agent.Client, Token, journal.History.Traceparent));

    /// <summary>The run continues one that waited for somebody: the journal has the answers, and its last response the calls.</summary>
    /// <param name="span">The run's span; null when nobody listens.</param>
    public void Continue(RunSpan? span) => (_continues, _span) = (true, span);

    private async Task<RunResult> WorkAsync()
    {
        environment.Tell(Key, SessionEventKind.Started, journal.History.ShortTitle);
        var result = await LoopAsync();
        if (result.Ending == RunEnding.HandedOff)
        {
            await HandOffAsync();
            return result;
        }

        return await EndAsync(result);
    }

    private async Task<RunResult> EndAsync(RunResult result)
    {
        WebhookNotice? notice = null;
        try
        {
            // What was said goes first: of a run that the journal knows to have ended, a recovery has nothing to add to the stream but its end. Then the record, also where not all could be
            // said: the next run of the session finds the journal complete.
            result = await FlushAsync(result);
            if (result.Ending != RunEnding.Canceled && await run.SealAsync())
            {
                result = RunResult.Canceled;
            }

            await journal.ChangeAsync(async now =>
            {
                if (result.Ending == RunEnding.Paused && timers is not null)
                {
                    result = result with { Requests = await timers.SetAsync(Token, agent, result.Requests, journal.History.Schedules.Next, run.GivenUp) };
                }

                notice = await AnnounceAsync(result, journal.History.Webhook);
                return EndRecords(result, now);
            });
        }
        catch (Exception e) when (result.IsInOrder)
        {
            result = Crashed(e);
            notice = e is OwnershipLostException || run.GivenUp.IsCancellationRequested ? null : await AnnounceAsync(result, journal.History.Webhook);
        }
#pragma warning disable CA1031 // What ended the run is known already.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        // Also when the session seems lost: the store knows, and writes nothing for a run that does not own it.
        var said = await run.FinishAsync(result.Error, RequestBodies.Entries(result.Requests));
        environment.Tell(Key, result.Ending == RunEnding.Paused ? SessionEventKind.Waiting : SessionEventKind.Ended);
        if (notice is not null && said == result.Error)
        {
            await notice.ConfirmAsync();
        }

        return result;
    }

    /// <summary>
    /// The process is about to stop: the run is to leave for another at the next place where nothing is half done. When nobody could continue it, because the journal
    /// goes with the process or the settings forbid it, it has until <see cref="ShutDownAsync"/>.
    /// </summary>
    public void Leave()
    {
        if (CanLeave)
        {
            run.Leave();
        }
    }

    /// <summary>Gives the session a title, between what the run has to say.</summary>
    /// <returns>False when the run has ended, or the session is not its own any more.</returns>
    /// <exception cref="LimitExceededException">It is more than a limit of journals allows.</exception>
    public async Task<bool> RenameAsync(Func<DateTimeOffset, RenamedRecord> name)
    {
        try
        {
            await journal.AddAsync(now => [name(now)], environment.Options.Limits);
            return true;
        }
        catch (OwnershipLostException)
        {
            return false;
        }
    }

    /// <summary>Whether another could continue it.</summary>
    public bool CanLeave => canLeave;

    /// <summary>Cancels the run: it stops at once, and its live flag is taken away.</summary>
    /// <param name="request">Names this run and the request; null for one that is not remembered.</param>
    /// <returns>Whether this request canceled it.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach. The run was stopped.</exception>
    public Task<bool> CancelAsync(CancelRequest? request) => run.CancelAsync(request);

    /// <summary>Stops whatever the run is doing, because its process is about to stop: it leaves for another, or ends as crashed where it cannot.</summary>
    public Task ShutDownAsync() => run.ShutDownAsync();

    /// <summary>Changes the session's journal while the run owns it, next to what the run itself writes there. What it changes must be nothing that a run reads.</summary>
    /// <exception cref="OwnershipLostException">The run does not own the session any more. Nothing was changed.</exception>
    public Task ChangeAsync(Func<RunToken, RunJournal, Task> change) => change(Token, journal);

    /// <summary>Gives up on a log that is away.</summary>
    public void GiveUp() => run.GiveUp();

    private async Task<WebhookNotice?> AnnounceAsync(RunResult result, string? requested) =>
        webhooks is null ? null : await webhooks.AnnounceAsync(run, agent.Name, requested, result.Ending == RunEnding.Paused, result.Error);

    private JournalRecord[] EndRecords(RunResult result, DateTimeOffset now)
    {
        if (result.Ending == RunEnding.Paused)
        {
            return [new RunPausedRecord(Token.RunId, result.Requests) { Timestamp = now, Last = run.Last }];
        }

        var ended = new RunEndedRecord(Token.RunId, result.Error?.Message) { Timestamp = now, Reason = result.Error?.Reason, Last = run.Last };
        return _loop?.CutShort is var (idx, said) ? [new ResponseRecord(idx, said) { Timestamp = now }, ended] : [ended];
    }

    private async Task<RunResult> FlushAsync(RunResult result)
    {
        try
        {
            await run.FlushAsync();
            return result;
        }
        catch (StorageRefusedException e)
        {
            return result.IsInOrder ? Crashed(e) : result;
        }
    }

    private async Task<RunResult> LoopAsync()
    {
        var stop = run.Stopped;
        try
        {
            var caller = journal.History.Caller;
            var ready = await agent.ForRunAsync(journal.History.Tools, caller, stop);
            _loop = new AgentLoop(ready, run, journal, environment, new Deps(environment, run) { Claims = caller.Claims }, steering, usage) { Span = _span };
            return await (_progress is not null ? ResumeAsync(_loop, _progress, stop) : _continues ? _loop.ContinueAsync(stop) : _loop.RunAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return run.Status switch
            {
                _ when run.Refusal is { } refusal => Crashed(refusal),
                RunStatus.Canceled => RunResult.Canceled,
                RunStatus.Lost => Lost(new OwnershipLostException("another process took the session over")),
                _ when run.HasToLeave => RunResult.HandedOff,
                _ => Crashed(new RunException("the silo is shutting down", FailureReasons.Interrupted)),
            };
        }
        catch (Exception e)
        {
            return Crashed(e, _loop is null ? FailureReasons.ToolFailed : _loop.IsAsking ? FailureReasons.ModelFailed : FailureReasons.Internal);
        }
    }

    private async Task HandOffAsync()
    {
        try
        {
            await journal.AddAsync(now => new RunGivenAwayRecord(Token.RunId) { Timestamp = now });
        }
        catch (Exception e) when (e is not OwnershipLostException)
        {
            // Then the next process takes it for a crash, and counts it as one.
            environment.Logger.HandOffNotJournaled(e, Token.RunId, Token.Key);
        }
        finally
        {
            // Also when the session seems lost: the store knows, and hands off nothing that the run does not own.
            await run.HandOffAsync();
        }

        environment.Logger.RunHandedOff(Token.RunId, Token.Key);
    }

    private async Task<RunResult> ResumeAsync(AgentLoop loop, RunProgress progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await run.UnsealAsync();

        // What was journaled may not have got into the stream: the process died between the two, the store lost its tail, or the stream begins anew.
        var next = Math.Min(await NodeCounter.CountNodesAsync(environment, run, cancellationToken), progress.Answered);
        await journal.AddAsync(now => new RunResumedRecord(Token.RunId, next) { Timestamp = now, Traceparent = _span?.Traceparent });
        await run.EmitAsync(Protocol.Info, Protocol.DeveloperOrigin, EntryBodies.Resumed(next), cancellationToken);
        return await loop.ResumeAsync(progress, next, cancellationToken);
    }

    private RunResult Crashed(Exception e, string blamed = FailureReasons.Internal) => RunResult.Crashed(e, environment.Errors.Crashed(Token, e, blamed));

    /// <summary>It continues elsewhere: that is no failure, and nobody reads what is said here.</summary>
    private RunResult Lost(OwnershipLostException e) => RunResult.Crashed(e, environment.Errors.Of(e));
}
