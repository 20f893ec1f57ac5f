using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentStream.Mcp;

/// <summary>A part of a result's content: text, or the JSON of the protocol.</summary>
/// <remarks>
/// The JSON has the number of bytes instead of an image's or a file's data: it would come back with each request of the session, and no model reads base64.
/// A part that cannot be told is a note in words, so that the parts next to it are told.
/// </remarks>
internal sealed class McpBlock
{
    private readonly JsonObject? _json;

    private McpBlock(string? text) => Text = text ?? throw new FormatException();

    private McpBlock(JsonObject json) => _json = json;

    /// <summary>Its text; null when it is something else.</summary>
    public string? Text { get; }

    /// <summary>A note that something in a result cannot be told.</summary>
    public static McpBlock Unreadable(string what) => new($"(Here was {what} that cannot be read.)");

    /// <summary>Reads a result's content: by the protocol a list of objects.</summary>
    public static IEnumerable<McpBlock> ReadAll(JsonNode? content) => content switch
    {
        null => [],
        JsonArray blocks => blocks.Select(Read),
        _ => [Read(content)],
    };

    public JsonObject ToJson() => _json ?? new JsonObject { ["type"] = "text", ["text"] = Text };

    /// <inheritdoc/>
    public override string ToString() => Text ?? _json!.ToJsonString(McpResults.Readable);

    private static McpBlock Read(JsonNode? block)
    {
        var type = "unknown";
        try
        {
            if (block is JsonValue text)
            {
                return new McpBlock((string?)text);
            }

            type = (string?)(block as JsonObject)?["type"] ?? type;
            var json = JsonObject.Create(JsonSerializer.SerializeToElement(block)) ?? [];
            return type switch
            {
                "text" => new McpBlock((string?)json["text"]),
                "image" or "audio" => new McpBlock(WithSize(json, json, "data")),
                "resource" when json["resource"] is JsonObject resource => new McpBlock(WithSize(json, resource, "blob")),
                "resource_link" => new McpBlock(json),
                _ => new McpBlock($"(Here was content of type '{type}', which is not known.)"),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or JsonException)
        {
            // A field of a wrong type or twice, no field, text that is no valid Unicode, no base64.
            return Unreadable($"content of type '{type}'");
        }
    }

    private static JsonObject WithSize(JsonObject json, JsonObject holder, string property)
    {
        if (holder.Remove(property, out var data))
        {
            holder["bytes"] = Base64.IsValid((string?)data, out var bytes) ? bytes : throw new FormatException();
        }

        return json;
    }
}
