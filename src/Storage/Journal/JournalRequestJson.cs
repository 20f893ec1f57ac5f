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
                json.WriteString(Protocol.Fields.ExpiresAt, expiresAt.UtcDateTime);
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
            ExpiresAt = request.Field(Protocol.Fields.ExpiresAt).Time(),
        }),
    ];

    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<SteeredPrompt> prompts)
    {
        if (prompts.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var prompt in prompts)
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

    public static IReadOnlyList<SteeredPrompt> ReadPrompts(JsonPlace record, string name) => record.Field(name) is { IsMissing: false } prompts
        ?
        [
            .. prompts.Items().Select(prompt => new SteeredPrompt(
                prompt.Object().Field("run_id").Text(), prompt.Field("idempotency_key").TextOrNull(), prompt.Field("request_hash").TextOrNull())),
        ]
        : [];

    public static void Write(Utf8JsonWriter json, RequestAnswer answer)
    {
        switch (answer)
        {
            case ApprovalAnswer approval:
                json.WriteBoolean(Protocol.Fields.Approved, approval.IsApproved);
                if (approval.Reason is not null)
                {
                    json.WriteString(Protocol.Fields.Reason, approval.Reason);
                }

                if (approval.Arguments is not null)
                {
                    WriteRaw(json, Protocol.Fields.Args, approval.Arguments);
                }

                if (Protocol.Memories.Of(approval.Memory) is { } memory)
                {
                    json.WriteString(Protocol.Fields.Remember, memory);
                }

                break;
            case ToolResultAnswer result:
                json.WriteString(Protocol.Fields.ToolCallId, result.ToolCallId);
                WriteRaw(json, Protocol.Fields.Content, result.Content);
                if (result.IsError)
                {
                    json.WriteBoolean(Protocol.Fields.IsError, true);
                }

                break;
        }
    }

    public static RequestAnswer ReadAnswer(JsonPlace record) => record.Field(Protocol.Fields.Approved).IsMissing
        ? new ToolResultAnswer(
            record.Field(Protocol.Fields.ToolCallId).Text(),
            Raw(record.Field(Protocol.Fields.Content)) ?? "null",
            record.Field(Protocol.Fields.IsError).Value.ValueKind == JsonValueKind.True)
        : new ApprovalAnswer(
            record.Field(Protocol.Fields.RequestId).Text(),
            record.Field(Protocol.Fields.Approved).Value.ValueKind == JsonValueKind.True,
            record.Field(Protocol.Fields.Reason).TextOrNull(),
            Raw(record.Field(Protocol.Fields.Args)),
            Protocol.Memories.Read(record.Field(Protocol.Fields.Remember).TextOrNull()));

    private static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }

    private static string? Raw(JsonPlace place) => place.JsonOrNull()?.GetRawText();
}
