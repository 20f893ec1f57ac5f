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
                Protocol.Begin => Text(body, "session_id") is { } session ? new RunBegan(source, session) : new UnknownEvent(source),
                Protocol.Info => new InfoAdded(source, body.Clone()),
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

    public static string? Message(JsonElement body)
    {
        try
        {
            return Text(body, "msg");
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static NodeEvent? InNode(StreamEntry source, JsonElement body) => Number(body, "idx") is not { } node ? null : Text(body, "event") switch
    {
        "llm-begin" => new NodeBegan(source, node),
        "llm-end" => new NodeEnded(source, node),
        "answer" => new AnswerBegan(source, node),
        "part_start" when Text(body, "part_kind") == "tool-return" => Returned(source, node, body),
        "part_start" when Number(body, "event_idx") is { } part => Started(source, node, part, body),
        "part_delta" when Number(body, "event_idx") is { } part && Text(body, "content_delta") is { } chunk => Text(body, "part_delta_kind") switch
        {
            "text" => new TextDelta(source, node, part, chunk),
            "thinking" => new ThinkingDelta(source, node, part, chunk),
            _ => null,
        },
        _ => null,
    };

    private static ToolReturned? Returned(StreamEntry source, int node, JsonElement body) =>
        Text(body, "tool_name") is { } name && Text(body, "tool_call_id") is { } id
            ? new ToolReturned(source, node, name, id, Json(body, "content"))
            : null;

    private static NodeEvent? Started(StreamEntry source, int node, int part, JsonElement body) => Text(body, "part_kind") switch
    {
        "text" when Text(body, "content") is { } chunk => new TextStarted(source, node, part, chunk),
        "thinking" when Text(body, "content") is { } chunk => new ThinkingStarted(source, node, part, chunk),
        "tool-call" when Text(body, "tool_name") is { } name && Text(body, "tool_call_id") is { } id => new ToolCalled(source, node, part, name, id, Json(body, "args")),
        _ => null,
    };

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out var number) && number >= 0
            ? number
            : null;

    private static JsonElement Json(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.Clone() : Null;
}
