using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream.Client.Http;

/// <summary>Answers to requests, as routes and bodies.</summary>
internal static class AnswerBody
{
    /// <summary>Where an answer goes, and what it says.</summary>
    /// <exception cref="InvalidInputException">Its arguments or its content are no JSON.</exception>
    public static (string Path, byte[] Body) Of(RequestAnswer answer) => answer switch
    {
        ApprovalAnswer approval => (
            $"/approvals/{Uri.EscapeDataString(approval.RequestId)}",
            JsonSerializer.SerializeToUtf8Bytes(
                new ApprovalBody(
                    approval.IsApproved,
                    approval.Reason,
                    approval.Arguments is { } arguments ? Parse(Protocol.Fields.Args, arguments) : null,
                    Protocol.Memories.Of(approval.Memory)),
                Json.Default.ApprovalBody)),
        ToolResultAnswer result => (
            $"/tool-results/{Uri.EscapeDataString(result.ToolCallId)}",
            JsonSerializer.SerializeToUtf8Bytes(new ToolResultBody(Parse(Protocol.Fields.Content, result.Content), result.IsError), Json.Default.ToolResultBody)),
        _ => throw new ArgumentNullException(nameof(answer)),
    };

    /// <summary>What an answer calls its request.</summary>
    public static string RequestOf(RequestAnswer answer) => answer is ApprovalAnswer approval ? approval.RequestId : ((ToolResultAnswer)answer).ToolCallId;

    private static JsonElement Parse(string field, string json)
    {
        try
        {
            return JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = Protocol.MaxJsonDepth });
        }
        catch (JsonException)
        {
            throw new InvalidInputException(field, "must be JSON");
        }
    }
}

/// <summary>The body of an answer to a request for approval.</summary>
internal sealed record ApprovalBody(
    [property: JsonPropertyName(Protocol.Fields.Approved)] bool Approved,
    [property: JsonPropertyName(Protocol.Fields.Reason)] string? Reason,
    [property: JsonPropertyName(Protocol.Fields.Args)] JsonElement? Args,
    [property: JsonPropertyName(Protocol.Fields.Remember)] string? Remember);

/// <summary>The body of a client's result.</summary>
internal sealed record ToolResultBody(
    [property: JsonPropertyName(Protocol.Fields.Content)] JsonElement Content, [property: JsonPropertyName(Protocol.Fields.IsError)] bool IsError);

/// <summary>What an answer has led to.</summary>
internal sealed record ReceiptAnswer(int Pending, string? RunId);

/// <summary>A request that waits.</summary>
internal sealed record PendingAnswer(string RequestId, string Kind, string ToolCallId, string ToolName, JsonElement Args, DateTimeOffset? ExpiresAt = null)
{
    public PendingRequest ToRequest() =>
        new(RequestId, Kind == "approval" ? PendingRequestKind.Approval : PendingRequestKind.ClientTool, ToolCallId, ToolName, Args.GetRawText()) { ExpiresAt = ExpiresAt?.ToUniversalTime() };
}

/// <summary>Calls that the session allows without asking.</summary>
internal sealed record RuleAnswer(string RuleId, string ToolName, JsonElement? Args)
{
    public ApprovalRule ToRule() => new(RuleId, ToolName, Args is { ValueKind: not JsonValueKind.Null } args ? args.GetRawText() : null);
}
