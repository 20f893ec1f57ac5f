using System.Text.Json;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>
/// A session's history as the messages of <c>MESSAGES_SNAPSHOT</c>: those of the user, of each response its thoughts and texts, its calls with its first text, and the results of the calls.
/// </summary>
internal sealed class AgUiHistory : HistoryRenderer
{
    private static readonly JsonWriterOptions Writing = new() { MaxDepth = Protocol.MaxJsonDepth + 8 };

    private readonly Utf8JsonWriter _json;
    private readonly ShownCalls _calls = new(isReplaced: false, []);
    private int _number;

    private AgUiHistory(string session, SessionSnapshot snapshot, Utf8JsonWriter json)
        : base(session, snapshot) => _json = json;

    /// <summary>Makes the array of messages.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="snapshot">What the session has come to; null for a session that nobody has written to.</param>
    /// <returns>JSON as UTF-8.</returns>
    public static ReadOnlyMemory<byte> Read(string session, SessionSnapshot? snapshot)
    {
        if (snapshot is null)
        {
            return "[]"u8.ToArray();
        }

        using var messages = JsonDocument.Parse(CleanJson.WithoutLoneSurrogates(snapshot.Messages), new JsonDocumentOptions { MaxDepth = Protocol.MaxJsonDepth });
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartArray();
            new AgUiHistory(session, snapshot, json).Read(messages.RootElement);
            json.WriteEndArray();
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <inheritdoc/>
    protected override void Asked(string id, JsonElement content) => Message(id, "user", string.Join('\n', ContentsOf(content).Select(TextOf)));

    /// <inheritdoc/>
    protected override void Answered(string id, JsonElement parts)
    {
        var all = parts.EnumerateArray().Select(part => (Part: part, Kind: part.Text(Protocol.Fields.PartKind))).ToList();
        var calls = all.Where(part => part.Kind == Protocol.Parts.ToolCall && part.Part.Text(Protocol.Fields.ToolCallId) is not null).Select(part => part.Part).ToList();
        var hasText = false;
        _calls.NodeBegan(again: false);
        foreach (var (part, kind) in all.Where(part => part.Kind is Protocol.Parts.Text or Protocol.Parts.Thinking))
        {
            var isFirst = kind == Protocol.Parts.Text && !hasText;
            hasText |= isFirst;
            Message(Next(id), kind == Protocol.Parts.Text ? "assistant" : "reasoning", part.Text(Protocol.Fields.Content) ?? "", isFirst ? calls : []);
        }

        if (!hasText && calls.Count > 0)
        {
            Message(Next(id), "assistant", null, calls);
        }
    }

    /// <inheritdoc/>
    protected override void Returned(JsonElement part)
    {
        if (part.Text(Protocol.Fields.ToolCallId) is not { } call || _calls.Answer(call, out var isShown) is not { } shown || !isShown)
        {
            return;
        }

        var content = part.TryGetProperty(Protocol.Fields.Content, out var found) ? found : default;
        _json.WriteStartObject();
        _json.WriteString("id"u8, Next(shown));
        _json.WriteString("role"u8, "tool"u8);
        _json.WriteString("toolCallId"u8, shown);
        _json.WriteString("content"u8, content.ValueKind switch
        {
            JsonValueKind.String => content.GetString(),
            JsonValueKind.Undefined => "",
            _ => content.GetRawText(),
        });
        _json.WriteEndObject();
    }

    private string Next(string id) => $"{id}:{_number++}";

    private void Message(string id, string role, string? content, IReadOnlyList<JsonElement>? calls = null)
    {
        _json.WriteStartObject();
        _json.WriteString("id"u8, id);
        _json.WriteString("role"u8, role);
        if (content is not null)
        {
            _json.WriteString("content"u8, content);
        }

        if (calls is { Count: > 0 })
        {
            _json.WriteStartArray("toolCalls"u8);
            foreach (var call in calls)
            {
                WriteCall(call);
            }

            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void WriteCall(JsonElement part)
    {
        // A model's ids are unique in one response only. The stream's name for a second one has its event's cursor, which a history does not know.
        var shown = _calls.Show(part.Text(Protocol.Fields.ToolCallId)!, new Cursor(0, (ulong)_number++));
        _json.WriteStartObject();
        _json.WriteString("id"u8, shown);
        _json.WriteString("type"u8, "function"u8);
        _json.WriteStartObject("function"u8);
        _json.WriteString("name"u8, part.Text(Protocol.Fields.ToolName) ?? "");
        _json.WriteString("arguments"u8, !part.TryGetProperty(Protocol.Fields.Args, out var args) ? "{}" : args.ValueKind == JsonValueKind.String ? args.GetString() : args.GetRawText());
        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
