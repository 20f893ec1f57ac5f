using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Approvals;

/// <summary>
/// The part of a session's state that is about people and clients: what was asked since the last prompt and how it was answered, and what is allowed without asking. A fold of the journal, as
/// the rest of the state.
/// </summary>
internal sealed class SessionRequests
{
    // Most sessions have none of these.
    private List<AskedRequest>? _asked;
    private List<ApprovalRule>? _rules;
    private HashSet<string>? _started;

    private List<AskedRequest> Asked => _asked ?? [];

    /// <summary>The requests of the last pause, until their calls have their results in a request to the model. An earlier pause may have had calls of the same ids.</summary>
    private IEnumerable<AskedRequest> Current => Asked.Where(asked => asked.IsCurrent);

    /// <summary>What waits for an answer, in the order of the calls.</summary>
    public IReadOnlyList<PendingRequest> Open => [.. Asked.Where(asked => asked.IsCurrent && asked.Answer is null).Select(asked => asked.Request)];

    /// <summary>What waits for an answer though its time is over.</summary>
    public IReadOnlyList<PendingRequest> Expired(DateTimeOffset now) => [.. Open.Where(request => request.ExpiresAt <= now)];

    /// <summary>What the session allows without asking.</summary>
    public IReadOnlyList<ApprovalRule> Rules => (IReadOnlyList<ApprovalRule>?)_rules ?? [];

    /// <summary>The run that waits, or waited, for the answers, and its agent; null for none since the last prompt.</summary>
    public (string RunId, string Agent)? Paused { get; private set; }

    /// <summary>The run that took the last answer without continuing.</summary>
    public string? LastAnsweringRunId { get; private set; }

    /// <summary>The request that an answer is to.</summary>
    /// <exception cref="UnknownRequestException">There is none (any more).</exception>
    public AskedRequest Find(RequestAnswer answer)
    {
        var id = answer is ApprovalAnswer approval ? approval.RequestId : ((ToolResultAnswer)answer).ToolCallId;
        return Asked.LastOrDefault(asked => answer is ApprovalAnswer
                ? asked.Request.Kind == PendingRequestKind.Approval && asked.Request.RequestId == id
                : asked.Request.Kind == PendingRequestKind.ClientTool && (asked.Request.ToolCallId == id || asked.Request.RequestId == id))
            ?? throw new UnknownRequestException(id);
    }

    /// <summary>What was decided of a call of the last response; null when nobody was asked, or has answered.</summary>
    public ApprovalAnswer? DecisionOf(string toolCallId) =>
        Current.LastOrDefault(asked => asked.Request.ToolCallId == toolCallId)?.Answer as ApprovalAnswer;

    /// <summary>Whether a call of the last response that somebody allowed may have been made.</summary>
    public bool IsStarted(string toolCallId) => _started?.Contains(toolCallId) == true;

    /// <summary>Whether a call is allowed without asking.</summary>
    public bool IsAllowed(string toolName, JsonElement arguments) => Rules.Any(
        rule => rule.ToolName == toolName && (rule.Arguments is null || RequestRules.AreSame(rule.Arguments, arguments)));

    /// <summary>The answers that a run took, in their order.</summary>
    public IEnumerable<AskedRequest> AnsweredIn(string runId) => Asked.Where(asked => asked.AnsweredIn == runId);

    /// <summary>The requests that a run ended with.</summary>
    public IEnumerable<PendingRequest> AskedBy(string runId) => Asked.Where(asked => asked.AskedBy == runId).Select(asked => asked.Request);

    public void Pause(RunPausedRecord paused, string agent)
    {
        Close();
        Paused = (paused.RunId, agent);
        (_asked ??= []).AddRange(paused.Requests.Select(request => new AskedRequest(request, paused.RunId)));
    }

    public void Take(AnswerRecord answer)
    {
        if (_asked is null || _asked.FindIndex(asked => asked.IsCurrent && asked.Answer is null && asked.Request.RequestId == answer.RequestId) is var at && at < 0)
        {
            return;
        }

        var pending = Open.Count - 1;
        _asked[at] = _asked[at] with
        {
            Answer = answer.Answer,
            AnsweredIn = answer.RunId,
            Receipt = new AnswerReceipt(pending, pending == 0 ? answer.RunId : null),
        };
        LastAnsweringRunId = answer.RunId;
        if (answer.Answer is ApprovalAnswer { IsApproved: true, Memory: var memory and not ApprovalMemory.None } approval)
        {
            var request = _asked[at].Request;
            (_rules ??= []).Add(new ApprovalRule(request.RequestId, request.ToolName, memory == ApprovalMemory.Tool ? null : approval.Arguments ?? request.Arguments));
        }
    }

    public void Start(ToolStartedRecord started) => (_started ??= new(StringComparer.Ordinal)).Add(started.ToolCallId);

    public void Revoke(RuleRevokedRecord revoked) => _rules?.RemoveAll(rule => rule.RuleId == revoked.RuleId);

    /// <summary>The results of the last response's calls are in a request: what was asked about them is history.</summary>
    public void Close()
    {
        _started = null;
        for (var i = 0; i < Asked.Count; i++)
        {
            _asked![i] = _asked[i] with { IsCurrent = false };
        }
    }

    /// <summary>A prompt has come. What is open is declined by it, and what was answered is of an earlier turn.</summary>
    /// <returns>The result of each call that was asked about and has none yet.</returns>
    public IEnumerable<ToolReturnPart> Decline(DateTimeOffset now)
    {
        var declined = Current.Select(asked => asked.Request)
            .Select(call => new ToolReturnPart(call.ToolName, call.ToolCallId, ChatJson.ToElement(RequestRules.Declined), ToolOutcome.Denied) { Timestamp = now })
            .ToList();
        ForgetTurn();
        return declined;
    }

    public void Forget()
    {
        ForgetTurn();
        _rules = null;
    }

    private void ForgetTurn()
    {
        _asked = null;
        _started = null;
        (Paused, LastAnsweringRunId) = (null, null);
    }
}

/// <summary>A request of a session since its last prompt.</summary>
/// <param name="Request">The request.</param>
/// <param name="AskedBy">The run that ended with it.</param>
internal sealed record AskedRequest(PendingRequest Request, string AskedBy)
{
    /// <summary>Whether its call still has no result in a request to the model.</summary>
    public bool IsCurrent { get; init; } = true;

    /// <summary>The answer; null as long as it is open.</summary>
    public RequestAnswer? Answer { get; init; }

    /// <summary>The run that took the answer.</summary>
    public string? AnsweredIn { get; init; }

    /// <summary>What whoever gave the answer was told.</summary>
    public AnswerReceipt? Receipt { get; init; }
}
