using System.Text.Json;

namespace AgentStream.Events;

/// <summary>From the wire form to typed events. Other versions and other libraries write streams too, so nothing that is found there throws.</summary>
internal static class AgentEventReader
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };
    private static readonly JsonElement Null = JsonElement.Parse("null", Reading);

    public static AgentEvent Read(StreamEntry source)
    {
        if (source.IsEnd)
        {
            return new RunEnded(source);
        }

        try
        {
            using var json = JsonDocument.Parse(source.Body.IsEmpty ? "{}"u8.ToArray() : CleanJson.WithoutLoneSurrogates(source.Body), Reading);
            var body = json.RootElement;
            return source.Type switch
            {
                Protocol.Begin => body.Text(Protocol.Fields.SessionId) is { } session ? new RunBegan(source, session) : new UnknownEvent(source),
                Protocol.Info => InRequest(source, body) ?? new InfoAdded(source, body.Clone()),
                Protocol.Error => new ErrorAdded(source, body.Clone()),
                Protocol.Event => InNode(source, body) ?? (AgentEvent)new UnknownEvent(source),
                _ => new UnknownEvent(source),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What a program wrote that keeps to no rule is still an event.
            return new UnknownEvent(source);
        }
    }

    public static string? Message(JsonElement body) => Text(body, Protocol.Fields.Message);

    public static string? Text(JsonElement body, string field)
    {
        try
        {
            return body.Text(field);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What the runtime says of a call that waits. Anybody may add an <c>info</c>; only those of the runtime count.</summary>
    private static InfoAdded? InRequest(StreamEntry source, JsonElement body)
    {
        if (source.Origin != Protocol.AgentStreamOrigin
            || body.ValueKind != JsonValueKind.Object
            || body.Text(Protocol.Fields.RequestId) is not { } request
            || body.Text(Protocol.Fields.ToolCallId) is not { } call
            || body.Text(Protocol.Fields.ToolName) is not { } tool)
        {
            return null;
        }

        return body.Text(Protocol.Fields.Message) switch
        {
            Protocol.Requests.ApprovalRequested => Opened(PendingRequestKind.Approval),
            Protocol.Requests.ToolRequested => Opened(PendingRequestKind.ClientTool),
            Protocol.Requests.ApprovalDecided => new RequestClosed(source, body.Clone(), request, call, tool, body.Field(Protocol.Fields.Approved) is { ValueKind: JsonValueKind.True }),
            Protocol.Requests.ToolAnswered => new RequestClosed(source, body.Clone(), request, call, tool, IsApproved: null),
            _ => null,
        };

        RequestOpened Opened(PendingRequestKind kind) => new(source, body.Clone(), new(request, kind, call, tool, Json(body, Protocol.Fields.Args).GetRawText()) { ExpiresAt = Time(body, Protocol.Fields.ExpiresAt) });
    }

    private static DateTimeOffset? Time(JsonElement body, string name) =>
        body.Field(name) is { ValueKind: JsonValueKind.String } text && text.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : null;

    private static NodeEvent? InNode(StreamEntry source, JsonElement body) => body.Count(Protocol.Fields.Idx) is not { } node ? null : body.Text(Protocol.Fields.Event) switch
    {
        Protocol.Events.NodeBegin => new NodeBegan(source, node),
        Protocol.Events.NodeEnd => new NodeEnded(source, node),
        Protocol.Events.Answer => new AnswerBegan(source, node),
        Protocol.Events.PartStart when body.Text(Protocol.Fields.PartKind) == Protocol.Parts.ToolReturn => Returned(source, node, body),
        Protocol.Events.PartStart when body.Count(Protocol.Fields.EventIdx) is { } part => Started(source, node, part, body),
        Protocol.Events.PartDelta when body.Count(Protocol.Fields.EventIdx) is { } part && body.Text(Protocol.Fields.ContentDelta) is { } chunk => body.Text(Protocol.Fields.PartDeltaKind) switch
        {
            Protocol.Parts.Text => new TextDelta(source, node, part, chunk),
            Protocol.Parts.Thinking => new ThinkingDelta(source, node, part, chunk),
            _ => null,
        },
        _ => null,
    };

    private static ToolReturned? Returned(StreamEntry source, int node, JsonElement body) =>
        body.Text(Protocol.Fields.ToolName) is { } name && body.Text(Protocol.Fields.ToolCallId) is { } id
            ? new ToolReturned(source, node, name, id, Json(body, Protocol.Fields.Content))
            : null;

    private static NodeEvent? Started(StreamEntry source, int node, int part, JsonElement body) => body.Text(Protocol.Fields.PartKind) switch
    {
        Protocol.Parts.Text when body.Text(Protocol.Fields.Content) is { } chunk => new TextStarted(source, node, part, chunk),
        Protocol.Parts.Thinking when body.Text(Protocol.Fields.Content) is { } chunk => new ThinkingStarted(source, node, part, chunk),
        Protocol.Parts.ToolCall when body.Text(Protocol.Fields.ToolName) is { } name && body.Text(Protocol.Fields.ToolCallId) is { } id => new ToolCalled(source, node, part, name, id, Json(body, Protocol.Fields.Args)),
        _ => null,
    };

    private static JsonElement Json(JsonElement body, string name) => body.Field(name)?.Clone() ?? Null;
}
