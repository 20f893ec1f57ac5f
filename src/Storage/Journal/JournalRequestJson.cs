using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>Requests and their answers as fields of a record. Arguments and results are JSON in themselves.</summary>
internal static class JournalRequestJson
{
    private const string ApprovalKind = "approval";
    private const string ClientToolKind = "client-tool";

    public static void Write(Utf8JsonWriter json, IReadOnlyList<PendingRequest> requests)
    {
        json.WriteStartArray("requests");
        foreach (var request in requests)
        {
            json.WriteStartObject();
            json.WriteString("request_id", request.RequestId);
            json.WriteString("kind", request.Kind == PendingRequestKind.Approval ? ApprovalKind : ClientToolKind);
            json.WriteString("tool_call_id", request.ToolCallId);
            json.WriteString("tool_name", request.ToolName);
            WriteRaw(json, "args", request.Arguments);
            if (request.ExpiresAt is { } expiresAt)
            {
                json.WriteString("expires_at", expiresAt.UtcDateTime);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static IReadOnlyList<PendingRequest> ReadRequests(JsonPlace record) =>
    [
        .. record.Field("requests").Items().Select(request => new PendingRequest(
            request.Object().Field("request_id").Text(),
            request.Field("kind").Text() == ApprovalKind ? PendingRequestKind.Approval : PendingRequestKind.ClientTool,
            request.Field("tool_call_id").Text(),
            request.Field("tool_name").Text(),
            Raw(request.Field("args")) ?? "{}")
        {
            ExpiresAt = request.Field("expires_at").Time(),
        }),
    ];

    public static void Write(Utf8JsonWriter json, IReadOnlyList<SteeredPrompt> steered)
    {
        if (steered.Count == 0)
        {
            return;
        }

        json.WriteStartArray("steered");
        foreach (var prompt in steered)
        {
            json.WriteStartObject();
            json.WriteString("run_id", prompt.RunId);
            if (prompt.IdempotencyKey is not null)
            {
                json.WriteString("idempotency_key", prompt.IdempotencyKey);
                json.WriteString("request_hash", prompt.RequestHash);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static IReadOnlyList<SteeredPrompt> ReadSteered(JsonPlace record) => record.Field("steered") is { IsMissing: false } steered
        ?
        [
            .. steered.Items().Select(prompt => new SteeredPrompt(
                prompt.Object().Field("run_id").Text(), prompt.Field("idempotency_key").TextOrNull(), prompt.Field("request_hash").TextOrNull())),
        ]
        : [];

    public static void Write(Utf8JsonWriter json, RequestAnswer answer)
    {
        switch (answer)
        {
            case ApprovalAnswer approval:
                json.WriteBoolean("approved", approval.IsApproved);
                if (approval.Reason is not null)
                {
                    json.WriteString("reason", approval.Reason);
                }

                if (approval.Arguments is not null)
                {
                    WriteRaw(json, "args", approval.Arguments);
                }

                if (approval.Memory != ApprovalMemory.None)
                {
                    json.WriteString("remember", approval.Memory == ApprovalMemory.Tool ? "tool" : "call");
                }

                break;
            case ToolResultAnswer result:
                json.WriteString("tool_call_id", result.ToolCallId);
                WriteRaw(json, "content", result.Content);
                if (result.IsError)
                {
                    json.WriteBoolean("is_error", true);
                }

                break;
        }
    }

    public static RequestAnswer ReadAnswer(JsonPlace record) => record.Field("approved").IsMissing
        ? new ToolResultAnswer(record.Field("tool_call_id").Text(), Raw(record.Field("content")) ?? "null", record.Field("is_error").Value.ValueKind == JsonValueKind.True)
        : new ApprovalAnswer(
            record.Field("request_id").Text(),
            record.Field("approved").Value.ValueKind == JsonValueKind.True,
            record.Field("reason").TextOrNull(),
            Raw(record.Field("args")),
            record.Field("remember").TextOrNull() switch
            {
                "tool" => ApprovalMemory.Tool,
                "call" => ApprovalMemory.Call,
                _ => ApprovalMemory.None,
            });

    private static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }

    private static string? Raw(JsonPlace place) => place.JsonOrNull()?.GetRawText();
}
