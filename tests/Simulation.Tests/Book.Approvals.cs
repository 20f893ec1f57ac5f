using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Simulation.Tests;

internal sealed partial class Book
{
    private readonly Dictionary<string, ApprovalAnswer> _decisions = [];
    private readonly Dictionary<string, AnswerReceipt> _receipts = [];
    private readonly HashSet<string> _made = [];

    /// <summary>The journal has the answer to a request.</summary>
    public void Decided(PendingRequest request, ApprovalAnswer answer)
    {
        Count("answers");
        _decisions[request.ToolCallId] = answer;
    }

    /// <summary>Whether a call was made that somebody had allowed, or the journal knows that nobody can say.</summary>
    public bool IsSettled(string callId) => _made.Contains(callId) || _results.GetValueOrDefault(callId) == ToolOutcome.Interrupted;

    public void GatedCalled(string id, string? edit)
    {
        Count("gated calls");
        ToolCalled(id);
        if (!_decisions.TryGetValue(id, out var decision) || !decision.IsApproved)
        {
            Fail($"10: {id} was made, and {(decision is null ? "nobody had been asked" : "it was not allowed")}");
        }
        else if (EditOf(decision) != edit)
        {
            Fail($"10: {id} was made with '{edit}', and allowed with '{EditOf(decision)}'");
        }

        if (!_made.Add(id))
        {
            Fail($"10: {id} was made twice");
        }
    }

    /// <summary>Whoever answered was told that the answer counts.</summary>
    public void Answered(SessionKey key, ApprovalAnswer answer, AnswerReceipt receipt)
    {
        var given = Of(key).Answers.GetValueOrDefault(answer.RequestId);
        if (given != answer)
        {
            Fail($"10: {answer} was told that it counts, and the journal has {given}");
        }

        if (!_receipts.TryAdd(answer.RequestId, receipt))
        {
            Count("answers that came twice");
            if (_receipts[answer.RequestId] != receipt)
            {
                Fail($"10: {answer} was told {receipt}, and before {_receipts[answer.RequestId]}");
            }
        }
    }

    /// <summary>Whoever answered was told that the answer does not count.</summary>
    public void AnswerRefused(SessionKey key, ApprovalAnswer answer, Exception refusal)
    {
        var session = Of(key);
        var given = session.Answers.GetValueOrDefault(answer.RequestId);
        Count(refusal is RequestAnsweredException ? "contradictions" : "stale answers");
        if (refusal is RequestAnsweredException ? given is null || given == answer : session.Open.Exists(request => request.RequestId == answer.RequestId))
        {
            Fail($"10: {answer} was refused with '{refusal.Message}', and the journal has {(given is null ? "no answer" : given.ToString())}");
        }
    }

    private static string? EditOf(ApprovalAnswer answer) =>
        answer.Arguments is null ? null : JsonDocument.Parse(answer.Arguments).RootElement.GetProperty(GatedTool.Edit).GetString();
}
