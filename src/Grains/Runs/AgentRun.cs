using AgentStream.EventLog;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>A run of an agent, in a session that is owned. It works beside the grain's turns and touches nothing of the grain's but the fold, which is lent to it.</summary>
internal sealed class AgentRun(RunEnvironment environment, ISessionJournal journal, Agent agent, SessionHistory history, Deps deps)
{
    private readonly RunJournal _records = new(journal, deps.Run.Token, history, environment.Time, deps.Run.Abandoned);
    private UnfinishedRun? _taken;

    /// <summary>The session.</summary>
    public SessionKey Key => deps.Key;

    private RunToken Token => deps.Run.Token;

    /// <summary>Accepts the prompt: when this is done, the journal has it.</summary>
    public async Task AcceptAsync(string prompt)
    {
        try
        {
            await _records.ReadNewsAsync();
            await _records.AddAsync(now =>
            [
                new RunStartedRecord(Token.RunId, agent.Name) { Timestamp = now },
                new RequestRecord(0, [new UserPromptPart(prompt) { Timestamp = now }]) { Timestamp = now },
            ]);
        }
        catch (Exception e)
        {
            await deps.StopAsync(Protocol.CrashedPrefix + e.Message, null);
            throw;
        }
    }

    /// <summary>The run was taken over from a process that died: it goes on where that one got.</summary>
    public void Resume(UnfinishedRun taken) => _taken = taken;

    /// <summary>Runs to the <c>end</c>. Whatever goes wrong is said in the stream; this fails only when the session was lost or the log stayed away.</summary>
    /// <returns>What ended the run; null when it completed.</returns>
    public async Task<Exception?> ExecuteAsync()
    {
        var failure = await LoopAsync();
        try
        {
            // The record goes first: whoever starts behind our end finds the journal complete.
            await _records.AddAsync(now => new RunEndedRecord(Token.RunId, Message(failure)) { Timestamp = now });
        }
        catch (Exception e)
        {
            failure ??= Crashed(e);
        }

        // Also when the session seems lost: the log knows, and writes nothing for a run that does not own it.
        await deps.StopAsync(Message(failure), null);
        return failure;
    }

    /// <summary>Ends the run because its process is about to: its stream says so.</summary>
    public Task ShutDownAsync() => deps.Run.ShutDownAsync();

    /// <summary>Gives up on a log that is away.</summary>
    public void Abandon() => deps.Run.Abandon();

    /// <summary>What the stream says of a failure.</summary>
    private static string? Message(Exception? failure) => failure switch
    {
        null => null,
        AgentCanceledException => Protocol.CanceledMessage,
        _ => Protocol.CrashedPrefix + failure.Message,
    };

    private async Task<Exception?> LoopAsync()
    {
        var stop = deps.Run.Stopped;
        try
        {
            var ready = await agent.ForRunAsync(stop);
            var loop = new AgentLoop(ready, deps, _records, environment);
            await (_taken is null ? loop.RunAsync(stop) : ResumeAsync(loop, _taken, stop));
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return deps.Run.Status switch
            {
                RunStatus.Canceled => new AgentCanceledException(Token.Key.ToString()),
                RunStatus.Lost => new OwnershipLostException("another process took the session over"),
                _ => new OperationCanceledException("the silo is shutting down"),
            };
        }
        catch (Exception e)
        {
            return Crashed(e);
        }
    }

    private async Task ResumeAsync(AgentLoop loop, UnfinishedRun taken, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var isShown = taken.IsAnswered && await StreamTail.HasNodeEndAsync(environment.Log, Token.Key, deps.Run.Begin, taken.Idx, cancellationToken);
        var idx = isShown ? taken.Idx + 1 : taken.Idx;
        await _records.AddAsync(now => new RunResumedRecord(Token.RunId, idx) { Timestamp = now });
        await deps.AddInfoAsync(new { msg = "resumed", idx }, cancellationToken: cancellationToken);
        await loop.ResumeAsync(taken, isShown, cancellationToken);
    }

    private Exception Crashed(Exception e)
    {
        environment.Logger.LogError(e, "Run {Run} of session {Session} crashed.", Token.RunId, Token.Key);
        return e;
    }
}
