using System.Buffers;
using System.Text.Json;
using AgentStream.Messages;
using AgentStream.Storage;

namespace AgentStream.Grains.Approvals;

/// <summary>What the stream says of requests: the bodies of <c>info</c> entries of the runtime (docs/protocol.md).</summary>
internal static class RequestBodies
{
    /// <summary>The entries that a run ends with.</summary>
    public static IReadOnlyList<NewEntry> Entries(IEnumerable<PendingRequest> requests) => [.. requests.Select(request => Entry(Asked(request)))];

    /// <summary>The entries of answers that a run took.</summary>
    public static IEnumerable<NewEntry> Entries(IEnumerable<AskedRequest> answers) => answers.Select(answered => Entry(Answered(answered)));

    /// <summary>A request waits for its answer.</summary>
    public static ReadOnlyMemory<byte> Asked(PendingRequest request) => Write(
        request.Kind == PendingRequestKind.Approval ? Protocol.Requests.ApprovalRequested : Protocol.Requests.ToolRequested,
        request,
        json =>
        {
            json.WritePropertyName(Protocol.Fields.Args);
            json.WriteRawValue(request.Arguments);
            if (request.ExpiresAt is { } expiresAt)
            {
                json.WriteString(Protocol.Fields.ExpiresAt, expiresAt.UtcDateTime);
            }
        });

    /// <summary>A request has its answer.</summary>
    public static ReadOnlyMemory<byte> Answered(AskedRequest answered) => Write(
        answered.Answer is ApprovalAnswer ? Protocol.Requests.ApprovalDecided : Protocol.Requests.ToolAnswered,
        answered.Request,
        json =>
        {
            if (answered.Answer is not ApprovalAnswer approval)
            {
                return;
            }

            json.WriteBoolean(Protocol.Fields.Approved, approval.IsApproved);
            if (approval.Reason is not null)
            {
                json.WriteString(Protocol.Fields.Reason, approval.Reason);
            }

            if (approval.Arguments is not null)
            {
                json.WritePropertyName(Protocol.Fields.Args);
                json.WriteRawValue(approval.Arguments);
            }
        });

    private static NewEntry Entry(ReadOnlyMemory<byte> body) => new(Protocol.Info, Protocol.AgentStreamOrigin, body);

    private static ReadOnlyMemory<byte> Write(string message, PendingRequest request, Action<Utf8JsonWriter> rest)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonValues.Writing);
        json.WriteStartObject();
        json.WriteString(Protocol.Fields.Message, message);
        json.WriteString(Protocol.Fields.RequestId, request.RequestId);
        json.WriteString(Protocol.Fields.ToolCallId, request.ToolCallId);
        json.WriteString(Protocol.Fields.ToolName, request.ToolName);
        rest(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
