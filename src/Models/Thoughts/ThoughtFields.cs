using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentStream.Models.Thoughts;

/// <summary>
/// What endpoints give beside the words of an answer and want to see again in the same place: OpenRouter's <c>reasoning_details</c> with
/// encrypted thoughts, LiteLLM's <c>thinking_blocks</c>, Gemini's <c>extra_content</c> with a signature.
/// </summary>
internal sealed class ThoughtFields
{
    /// <summary>The property of a content that names the endpoint which gave it.</summary>
    public const string Provider = "provider_name";

    /// <summary>What stands before the name of a field that belongs into a call's <c>function</c>.</summary>
    public const string FunctionPrefix = "function.";

    private const string Details = "reasoning_details";

    private static readonly string[] Names = [Details, "thinking_blocks", "extra_content", "reasoning_opaque"];

    // The texts of these come in pieces.
    private static readonly string[] Texts = ["text", "summary", "data", "thinking"];

    private readonly JsonObject _fields = [];
    private readonly Dictionary<string, StringBuilder> _hidden = new(StringComparer.Ordinal);

    /// <summary>How long what was taken is.</summary>
    public long Length { get; private set; }

    /// <summary>Takes what a chunk has of them.</summary>
    public void Take(JsonElement delta)
    {
        foreach (var name in Names)
        {
            if (delta.Property(name) is { ValueKind: JsonValueKind.Array } items)
            {
                Length += JsonMarshal.GetRawUtf8Value(items).Length;
                TakeItems(name, items.Alone());
            }
            else if (delta.Property(name) is { } value && !(name == "extra_content" && IsThoughtFlag(value)))
            {
                Length += JsonMarshal.GetRawUtf8Value(value).Length;
                _fields[name] = ToNode(value.Alone());
            }
        }
    }

    /// <summary>Adds a thought that is not shown.</summary>
    public void Hide(string field, string text)
    {
        if (!_hidden.TryGetValue(field, out var hidden))
        {
            _hidden[field] = hidden = new StringBuilder();
        }

        hidden.Append(text);
        Length += text.Length;
    }

    /// <summary>All of them; null when there is nothing that the thoughts as such do not say.</summary>
    public JsonObject? ToJson()
    {
        if (_fields[Details] is JsonArray details && details.All(IsPlain))
        {
            _fields.Remove(Details);
        }

        foreach (var (field, text) in _hidden)
        {
            _fields[field] = text.ToString();
        }

        return _fields.Count == 0 ? null : _fields;
    }

    /// <summary>Whether Gemini says that the chunk's content is a thought.</summary>
    public static bool IsThought(JsonElement delta) =>
        delta.Property("extra_content")?.Property("google")?.Property("thought") is { ValueKind: JsonValueKind.True };

    private static bool IsThoughtFlag(JsonElement extra) =>
        extra.Property("google") is { ValueKind: JsonValueKind.Object } google
        && google.EnumerateObject().All(field => field.Name == "thought");

    private void TakeItems(string name, JsonElement items)
    {
        if (_fields[name] is not JsonArray all)
        {
            _fields[name] = all = [];
        }

        var mayGoOn = all.Count > 0;
        foreach (var item in items.EnumerateArray())
        {
            if (mayGoOn && all[^1] is JsonObject last && ToNode(item) is JsonObject next && GoesOn(last, next))
            {
                Join(last, next);
            }
            else
            {
                all.Add(ToNode(item));
            }

            mayGoOn = false;
        }
    }

    // A signature ends a thought, as what is encrypted is one.
    private static bool GoesOn(JsonObject last, JsonObject next) =>
        Same(last, next, "type") && Same(last, next, "index") && (last["id"] is null || next["id"] is null || Same(last, next, "id"))
        && last["signature"] is null && last["data"] is null && next["data"] is null;

    private static void Join(JsonObject last, JsonObject next)
    {
        foreach (var (name, value) in next.ToList())
        {
            if (value is null)
            {
                continue;
            }

            last[name] = Texts.Contains(name) && Text(last[name]) is { } text && Text(value) is { } more ? text + more : value.DeepClone();
        }
    }

    private static string? Text(JsonNode? value) => value is JsonValue known && known.TryGetValue(out string? text) ? text : null;

    private static bool Same(JsonObject one, JsonObject other, string name) => JsonNode.DeepEquals(one[name], other[name]);

    private static bool IsPlain(JsonNode? detail) => detail is JsonObject fields
        && fields["type"] is JsonValue type && type.TryGetValue(out string? kind) && kind == "reasoning.text"
        && fields.All(field => field.Key is "type" or "text");

    private static JsonNode? ToNode(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(json),
        JsonValueKind.Array => JsonArray.Create(json),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(json),
    };
}
