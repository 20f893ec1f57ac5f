using AgentStream.Grains.Agents;
using AgentStream.Grains.Approvals;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Telemetry;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>
/// Takes the answers to a session's requests. Each is journaled by a run of its own, which owns the session meanwhile; with the answer to the last open request, in the same step, that run becomes
/// the one that continues.
/// </summary>
internal sealed class SessionAnswers(RunEnvironment environment, AgentCatalog agents, RunFactory factory, BusySessionPolicy busy)
{
    /// <summary>Takes an answer.</summary>
    /// <param name="key">The session.</param>
    /// <param name="state">Its state, up to date, and not lent to a run.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>What it has led to, and the run that continues, to let go; null for none.</returns>
    public async Task<(AnswerReceipt Receipt, AgentRun? Run)> TakeAsync(SessionKey key, SessionState state, RequestAnswer answer)
    {
        RequestRules.Check(answer);
        if (ReceiptOf(state, answer) is { } known)
        {
            return (known, null);
        }

        var agent = agents.Get(state.Requests.Paused!.Value.Agent);
        if (answer is ApprovalAnswer { Arguments: { } arguments })
        {
            var ready = await agent.ForRunAsync([], state.Caller, CancellationToken.None);
            if (ready.Functions.TryGetValue(state.Requests.Find(answer).Request.ToolName, out var tool))
            {
                RequestRules.Check(tool, arguments);
            }
        }

        var run = await busy.StartAsync(key);
        var continued = await KeepAsync(run, state, () => ReceiptOf(state, answer) is null ? [answer] : []);
        return (state.Requests.Find(answer).Receipt!, continued);
    }

    /// <summary>Denies the open requests whose time is over, all in one step. An answer that the journal has by then counts.</summary>
    /// <param name="key">The session.</param>
    /// <param name="state">Its state, as in <see cref="TakeAsync"/>, with such a request.</param>
    /// <returns>The run that continues, to let go; null for none, also when the session is busy, or its user has as many runs as may be.</returns>
    public async Task<AgentRun?> ExpireAsync(SessionKey key, SessionState state)
    {
        // A silo that does not know the agent leaves the session as it is.
        agents.Get(state.Requests.Paused!.Value.Agent);
        RunHandle run;
        try
        {
            run = await RunHandle.StartAsync(environment, key, isLimited: true);
        }
        catch (Exception e) when (e is SessionBusyException or LimitExceededException)
        {
            return null;
        }

        return await KeepAsync(run, state, () => [.. state.Requests.Expired(environment.Time.GetUtcNow()).Select(RequestRules.Expire)]);
    }

    /// <summary>Journals answers as the owner of the session.</summary>
    /// <param name="run">The run that takes the answers.</param>
    /// <param name="state">The session's state.</param>
    /// <param name="find">The answers to open requests, now that the state is the owner's; none when there is nothing to do any more.</param>
    /// <returns>The same run, which continues, to let go; null when it has ended.</returns>
    private async Task<AgentRun?> KeepAsync(RunHandle run, SessionState state, Func<IReadOnlyList<RequestAnswer>> find)
    {
        var isContinued = false;
        RunSpan? span = null;
        try
        {
            var journal = factory.NewJournal(state, run);
            await journal.ReadNewsAsync();
            if (find() is not { Count: > 0 } answers)
            {
                return null;
            }

            var agent = agents.Get(state.Requests.Paused!.Value.Agent);
            await journal.AddAsync(now => Records(state, run, agent, answers, now, () => span = RunSpan.Continue(agent.Name, agent.Client, run.Token, state.Traceparent)));
            if (state.Requests.Open.Count > 0)
            {
                return null;
            }

            isContinued = true;
            var continued = factory.NewRun(agent, state, run);
            continued.Continue(span);
            return continued;
        }
        finally
        {
            if (!isContinued)
            {
                span?.End(RunOutcomes.Lost);
                await run.FinishAsync(error: null, [.. RequestBodies.Entries(state.Requests.AnsweredIn(run.Token.RunId))]);
            }
        }
    }

    /// <summary>What an answer has led to that was given before; null for a request that is open.</summary>
    /// <exception cref="UnknownRequestException">There is no such request (any more).</exception>
    /// <exception cref="RequestAnsweredException">It has another answer.</exception>
    private static AnswerReceipt? ReceiptOf(SessionState state, RequestAnswer answer)
    {
        var asked = state.Requests.Find(answer);
        return asked switch
        {
            { Answer: { } given } => RequestRules.AreSame(given, answer) ? asked.Receipt : throw new RequestAnsweredException(asked.Request.RequestId),
            { IsCurrent: true } => null,
            _ => throw new UnknownRequestException(asked.Request.RequestId),
        };
    }

    private static JournalRecord[] Records(SessionState state, RunHandle run, Agent agent, IReadOnlyList<RequestAnswer> answers, DateTimeOffset now, Func<RunSpan?> startSpan)
    {
        var records = new List<JournalRecord>();
        foreach (var answer in answers)
        {
            var asked = state.Requests.Find(answer).Request;
            records.Add(new AnswerRecord(run.Token.RunId, asked.RequestId, answer) { Timestamp = now });
            if (ResultOf(agent, asked, answer, now) is { } result)
            {
                records.Add(new ToolResultRecord(result) { Timestamp = now });
            }
        }

        if (state.Requests.Open.Count == answers.Count)
        {
            records.Add(new RunStartedRecord(run.Token.RunId, agent.Name, Continues: state.Requests.Paused!.Value.RunId) { Timestamp = now, Begin = run.Begin, Traceparent = startSpan()?.Traceparent });
        }

        return [.. records];
    }

    /// <summary>The result of a call that is not made here; null of one that is.</summary>
    private static ToolReturnPart? ResultOf(Agent agent, PendingRequest asked, RequestAnswer answer, DateTimeOffset now) => answer switch
    {
        ToolResultAnswer given => new(
            asked.ToolName, asked.ToolCallId, agent.Rules.Results.Fit(RequestRules.Parse(Protocol.Fields.Content, given.Content)), given.IsError ? ToolOutcome.Failed : ToolOutcome.Success)
        { Timestamp = now },
        ApprovalAnswer { IsApproved: false } denied => new(asked.ToolName, asked.ToolCallId, ChatJson.ToElement(denied.Reason ?? RequestRules.Denied), ToolOutcome.Denied) { Timestamp = now },
        _ => null,
    };
}
