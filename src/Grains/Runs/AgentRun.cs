using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>A run of an agent, in a session that is owned. It works beside the grain's turns and touches nothing of the grain's but the fold, which is lent to it.</summary>
internal sealed class AgentRun(RunEnvironment environment, ISessionJournal journal, Agent agent, SessionState history, Deps deps)
{
    private readonly RunJournal _records = new(journal, deps.Run.Token, history, environment.Time, deps.Run.GivenUp);
    private readonly RunHandle _run = deps.Run;
    private RunProgress? _taken;
    private AgentLoop? _loop;

    /// <summary>The session.</summary>
    public SessionKey Key => deps.Key;

    private RunToken Token => _run.Token;

    /// <summary>Accepts the prompt: when this is done, the journal has it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="hasWaited">Whether it had to wait for its turn.</param>
    public async Task AcceptAsync(string prompt, bool hasWaited = false)
    {
        try
        {
            await _records.ReadNewsAsync();
            await _records.AddAsync(now =>
            [
                new RunStartedRecord(Token.RunId, agent.Name, hasWaited) { Timestamp = now },
                new RequestRecord(0, [new UserPromptPart(prompt) { Timestamp = now }]) { Timestamp = now },
            ]);
        }
        catch (Exception e)
        {
            Crashed(e);
            await deps.StopAsync(Message(e), null);
            throw;
        }
    }

    /// <summary>The run was recovered from a process that died: it continues where that one got.</summary>
    public void Resume(RunProgress taken) => _taken = taken;

    /// <summary>
    /// Runs to the <c>end</c>, or until it leaves for another process. Whatever goes wrong is said in the stream; this fails only when the session was lost or the log stayed away.
    /// </summary>
    /// <returns>What ended the run; null when it completed.</returns>
    public async Task<Exception?> ExecuteAsync()
    {
        var failure = await LoopAsync();
        if (failure is RunLeavesException)
        {
            await HandOffAsync();
            return failure;
        }

        try
        {
            // What was said goes first: of a run that the journal knows to have ended, a recovery has nothing to add to the stream but its end. Then the record, also where not all could be
            // said: the next run of the session finds the journal complete.
            failure = await FlushAsync(failure);
            if (failure is not RunCanceledException && await _run.SealAsync())
            {
                failure = new RunCanceledException(Token.Key.ToString());
            }

            await _records.AddAsync(now => EndRecords(Message(failure), now));
        }
        catch (Exception e)
        {
            failure ??= Crashed(e);
        }

        // Also when the session seems lost: the log knows, and writes nothing for a run that does not own it.
        await deps.StopAsync(Message(failure), null);
        return failure;
    }

    /// <summary>
    /// The process is about to stop: the run is to leave for another at the next place where nothing is half done. When nobody could continue it, because the journal
    /// goes with the process or the settings forbid it, it has until <see cref="ShutDownAsync"/>.
    /// </summary>
    public void Leave()
    {
        if (CanLeave)
        {
            _run.Leave();
        }
    }

    /// <summary>Whether another could continue it.</summary>
    public bool CanLeave => journal.OutlivesProcess && environment.Options.ResumeRuns;

    /// <summary>Cancels the run: it stops at once, and its live flag is taken away.</summary>
    /// <returns>Whether this call canceled it.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach. The run was stopped.</exception>
    public Task<bool> CancelAsync() => _run.CancelAsync();

    /// <summary>Stops whatever the run is doing, because its process is about to stop: it leaves for another, or ends as crashed where it cannot.</summary>
    public Task ShutDownAsync() => _run.ShutDownAsync();

    /// <summary>Gives up on a log that is away.</summary>
    public void GiveUp() => _run.GiveUp();

    /// <summary>What the stream says of a failure.</summary>
    private string? Message(Exception? failure) => failure switch
    {
        null => null,
        RunCanceledException => Protocol.CanceledMessage,
        _ => Protocol.CrashedPrefix + environment.Words.Of(failure),
    };

    private JournalRecord[] EndRecords(string? error, DateTimeOffset now)
    {
        var ended = new RunEndedRecord(Token.RunId, error) { Timestamp = now };
        return _loop?.CutShort is var (idx, said) ? [new ResponseRecord(idx, said) { Timestamp = now }, ended] : [ended];
    }

    private async Task<Exception?> FlushAsync(Exception? failure)
    {
        try
        {
            await _run.FlushAsync();
            return failure;
        }
        catch (StorageRefusedException e)
        {
            return failure ?? Crashed(e);
        }
    }

    private async Task<Exception?> LoopAsync()
    {
        var stop = _run.Stopped;
        try
        {
            var ready = await agent.ForRunAsync(stop);
            _loop = new AgentLoop(ready, deps, _records, environment);
            await (_taken is null ? _loop.RunAsync(stop) : ResumeAsync(_loop, _taken, stop));
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return _run.Status switch
            {
                _ when _run.Refusal is { } refusal => Crashed(refusal),
                RunStatus.Canceled => new RunCanceledException(Token.Key.ToString()),
                RunStatus.Lost => new OwnershipLostException("another process took the session over"),
                _ when _run.HasToLeave => new RunLeavesException(),
                _ => new RunException("the silo is shutting down"),
            };
        }
        catch (RunLeavesException leaves)
        {
            return leaves;
        }
        catch (Exception e)
        {
            return Crashed(e);
        }
    }

    private async Task HandOffAsync()
    {
        try
        {
            await _records.AddAsync(now => new RunGivenAwayRecord(Token.RunId) { Timestamp = now });
        }
        catch (Exception e) when (e is not OwnershipLostException)
        {
            // Then the next process takes it for a crash, and counts it as one.
            environment.Logger.LogWarning(e, "That run {Run} of session {Session} was handed off could not be kept in the journal.", Token.RunId, Token.Key);
        }
        finally
        {
            // Also when the session seems lost: the log knows, and hands off nothing that the run does not own.
            await deps.HandOffAsync();
        }

        environment.Logger.LogInformation("Run {Run} of session {Session} was handed off: this process is about to stop.", Token.RunId, Token.Key);
    }

    private async Task ResumeAsync(AgentLoop loop, RunProgress taken, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _run.UnsealAsync();

        // What was journaled may not have got into the stream: the process died between the two, the log lost its tail, or the stream begins anew.
        var next = Math.Min(await NodeCounter.CountNodesAsync(environment, _run, cancellationToken), taken.Answered);
        await _records.AddAsync(now => new RunResumedRecord(Token.RunId, next) { Timestamp = now });
        await deps.AddInfoAsync(new { msg = "resumed", idx = next }, cancellationToken: cancellationToken);
        await loop.ResumeAsync(taken, next, cancellationToken);
    }

    private Exception Crashed(Exception e)
    {
        environment.Logger.LogError(e, "Run {Run} of session {Session} crashed.", Token.RunId, Token.Key);
        return e;
    }
}
