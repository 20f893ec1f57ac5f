using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>
/// The answers to interrupts, <c>resume</c> of a <c>RunAgentInput</c>. An interrupt's id says what it waits for: <c>approval:</c> or <c>tool:</c>, and the request's id.
/// </summary>
internal static class AgUiResume
{
    private const string Approval = "approval:";
    private const string ClientTool = "tool:";
    private const string Field = "resume";

    /// <summary>The id of the interrupt that stands for a request.</summary>
    public static string InterruptId(string requestId, bool isApproval) => (isApproval ? Approval : ClientTool) + requestId;

    /// <summary>Reads the answers.</summary>
    /// <param name="root">The body.</param>
    /// <param name="fields">Takes what is wrong.</param>
    /// <returns>The answers; null when the input has none: then it has to be a prompt.</returns>
    public static IReadOnlyList<RequestAnswer>? Read(JsonElement root, JsonFields fields)
    {
        if (root.Field(Field) is not { ValueKind: JsonValueKind.Array } entries || entries.GetArrayLength() == 0)
        {
            return null;
        }

        var answers = new List<RequestAnswer>();
        var at = 0;
        foreach (var entry in entries.EnumerateArray())
        {
            if (Read(entry, $"{Field}[{at++}]", fields) is { } answer)
            {
                answers.Add(answer);
            }
        }

        return answers;
    }

    private static RequestAnswer? Read(JsonElement entry, string path, JsonFields fields)
    {
        var id = entry.ValueKind == JsonValueKind.Object ? entry.Text("interruptId") : null;
        var isCanceled = id is not null && entry.Text("status") == "cancelled";
        var payload = id is null ? null : entry.Field("payload");
        if (id?.StartsWith(ClientTool, StringComparison.Ordinal) == true)
        {
            return isCanceled
                ? new ToolResultAnswer(id[ClientTool.Length..], "\"The user did not let the client carry the call out.\"", IsError: true)
                : new ToolResultAnswer(id[ClientTool.Length..], payload?.GetRawText() ?? "null");
        }

        if (id?.StartsWith(Approval, StringComparison.Ordinal) != true)
        {
            fields.Wrong($"{path}.interruptId", "must be the id of an interrupt of this thread");
            return null;
        }

        var request = id[Approval.Length..];
        if (isCanceled)
        {
            return new ApprovalAnswer(request, IsApproved: false);
        }

        if (payload is not { ValueKind: JsonValueKind.Object } decision || decision.Field("approved") is not { ValueKind: JsonValueKind.True or JsonValueKind.False } approved)
        {
            fields.Wrong($"{path}.payload", "must be an object whose field approved is true or false");
            return null;
        }

        return approved.GetBoolean()
            ? new ApprovalAnswer(request, IsApproved: true, Arguments: decision.Field("args")?.GetRawText())
            : new ApprovalAnswer(request, IsApproved: false, decision.Text("reason"));
    }
}
