using System.Text.Json;
using AgentStream.Events;
using AgentStream.Messages;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>A message of a history, as <c>useChat</c> takes it.</summary>
/// <param name="id">Its id.</param>
/// <param name="isAnswer">Whether it is the assistant's; if not, the user's.</param>
internal sealed class UiMessage(string id, bool isAnswer)
{
    private readonly List<Action<Utf8JsonWriter>> _parts = [];
    private readonly List<UiToolPart> _tools = [];
    private readonly ShownCalls _calls = new(isReplaced: true, []);

    /// <summary>The id.</summary>
    public string Id => id;

    /// <summary>Whether it is the assistant's.</summary>
    public bool IsAnswer => isAnswer;

    /// <summary>The calls that it shows, by the ids that it shows them under, and whether each has no result.</summary>
    public IEnumerable<(string Shown, bool IsOpen)> Calls => _tools.Select(tool => (tool.Shown, tool.IsOpen));

    /// <summary>Adds a piece of what the user said: a text, an image, a file.</summary>
    /// <param name="item">The piece.</param>
    /// <param name="text">Its text, or a word for one that is no text.</param>
    public void AddContent(JsonElement item, string text)
    {
        var (url, data, mediaType) = item.ValueKind == JsonValueKind.Object ? (item.Text("url"), item.Text("data"), item.Text("media_type")) : default;
        if (url is null && (data is null || mediaType is null))
        {
            AddWords("text", text);
            return;
        }

        _parts.Add(json =>
        {
            json.WriteString("type"u8, "file"u8);
            json.WriteString("mediaType"u8, mediaType ?? "application/octet-stream");
            json.WriteString("url"u8, url ?? $"data:{mediaType};base64,{data}");
        });
    }

    /// <summary>Adds a response's parts, as one step.</summary>
    public void AddStep(JsonElement parts)
    {
        var isBegun = false;
        foreach (var part in parts.EnumerateArray())
        {
            var kind = part.Text(Protocol.Fields.PartKind);
            if (kind is not (Protocol.Parts.Text or Protocol.Parts.Thinking or Protocol.Parts.ToolCall))
            {
                continue;
            }

            if (!isBegun)
            {
                isBegun = true;
                _parts.Add(json => json.WriteString("type"u8, "step-start"u8));
            }

            if (kind == Protocol.Parts.ToolCall)
            {
                AddCall(part);
            }
            else
            {
                AddWords(kind == Protocol.Parts.Thinking ? "reasoning" : "text", part.Text(Protocol.Fields.Content) ?? "");
            }
        }
    }

    /// <summary>Takes the result of a call; the latest one of its id.</summary>
    /// <returns>Whether this message shows such a call.</returns>
    public bool Return(JsonElement part)
    {
        if (Find(part.Text(Protocol.Fields.ToolCallId)) is not { IsOpen: true } tool)
        {
            return false;
        }

        tool.Result = part.TryGetProperty(Protocol.Fields.Content, out var content) ? content : JsonElement.Parse("null"u8);
        tool.IsDenied = part.Text("outcome") == ToolOutcome.Denied;
        return true;
    }

    /// <summary>Shows that a call waits for somebody.</summary>
    public void Wait(PendingRequest request)
    {
        if (Find(request.ToolCallId) is { IsOpen: true } tool)
        {
            tool.Request = request;
        }
    }

    /// <summary>Writes it.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="major">The major version of the AI SDK that reads.</param>
    public void Write(Utf8JsonWriter json, int major)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("role"u8, isAnswer ? "assistant"u8 : "user"u8);
        json.WriteStartArray("parts"u8);
        var tools = _tools.GetEnumerator();
        foreach (var part in _parts)
        {
            json.WriteStartObject();
            if (part == WriteTool && tools.MoveNext())
            {
                tools.Current.Write(json, major);
            }
            else
            {
                part(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Stands among the parts for the next of the tools, which change as their results come.
    private static readonly Action<Utf8JsonWriter> WriteTool = _ => { };

    private void AddWords(string type, string text) => _parts.Add(json =>
    {
        json.WriteString("type"u8, type);
        json.WriteString("text"u8, text);
        if (isAnswer)
        {
            json.WriteString("state"u8, "done"u8);
        }
    });

    private void AddCall(JsonElement part)
    {
        if (part.Text(Protocol.Fields.ToolName) is not { } name || part.Text(Protocol.Fields.ToolCallId) is not { } call)
        {
            return;
        }

        // A model's ids are unique in one response only. The stream's name for a second one has its event's cursor, which a history does not know.
        _tools.Add(new UiToolPart(_calls.Show(call, new Cursor(0, (ulong)_tools.Count)), name, ToolCallArguments.Of(part)));
        _parts.Add(WriteTool);
    }

    private UiToolPart? Find(string? call) => call is null ? null : _tools.FindLast(tool => ShownCalls.ModelId(tool.Shown) == call || tool.Shown == call);
}
