using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentStream.Mcp;

/// <summary>What a call gave, as the model and the listeners see it: all that the server says in it.</summary>
internal static class McpResults
{
    /// <summary>JSON in a text: letters as they are.</summary>
    internal static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What is not said by the tool.
    private static readonly string[] ForClients = ["_meta", "resultType", "isError", "content", "structuredContent"];

    /// <summary>
    /// Text is a string. Any other content is the JSON of the protocol, a list if there are several; see <see cref="McpBlock"/>. Structured content is its
    /// JSON; content that says something else stands next to it, in an object with both.
    /// </summary>
    /// <exception cref="McpToolException">The tool says that it failed.</exception>
    /// <exception cref="JsonException">It is no result.</exception>
    public static object ToResult(JsonNode? answer)
    {
        if (answer is not JsonObject result)
        {
            throw new JsonException($"It must be an object, but is {answer?.GetValueKind() ?? JsonValueKind.Null}.");
        }

        var said = McpBlock.ReadAll(result["content"]).ToList();
        var structured = Structured(result, said);
        if (structured is { } whole)
        {
            said.RemoveAll(block => block.Text is { } text && Says(whole, text));
        }

        if (result["isError"]?.GetValueKind() is JsonValueKind.True)
        {
            var why = said.Select(block => block.ToString()).Append(structured is null ? "" : result["structuredContent"]!.ToJsonString(Readable));
            throw new McpToolException(string.Join('\n', why).TrimEnd('\n'));
        }

        if (said.Count == 0)
        {
            return structured ?? Rest(result);
        }

        if (structured is { } data)
        {
            return JsonSerializer.SerializeToElement(
                new JsonObject { ["content"] = ToJson(said), ["structuredContent"] = JsonSerializer.SerializeToNode(data) });
        }

        // A text without quotes.
        return ToJson(said) is var json && json is JsonValue text ? (string)text! : JsonSerializer.SerializeToElement(json);
    }

    private static JsonElement? Structured(JsonObject result, List<McpBlock> said)
    {
        try
        {
            return result["structuredContent"] is { } structured ? JsonSerializer.SerializeToElement(structured) : null;
        }
        catch (JsonException)
        {
            // Text that is no valid Unicode.
            said.Add(McpBlock.Unreadable("structured content"));
            return null;
        }
    }

    private static JsonNode ToJson(List<McpBlock> blocks) =>
        blocks.All(block => block.Text is not null) ? JsonValue.Create(string.Join('\n', blocks.Select(block => block.Text)))
        : blocks.Count == 1 ? blocks[0].ToJson()
        : new JsonArray([.. blocks.Select(block => block.ToJson())]);

    /// <summary>
    /// Whether structured content has a text in it: as the same JSON, or as the one value in it. Servers put both into a result for clients that know only
    /// one, and many wrap what is no object: <c>{"result":"text"}</c>, with a text for each item of a list.
    /// </summary>
    private static bool Says(JsonElement structured, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || IsSame(structured, text))
        {
            return true;
        }

        if (structured.ValueKind is not JsonValueKind.Object || structured.EnumerateObject().Take(2).ToList() is not [{ Value: var value }])
        {
            return false;
        }

        return IsSame(value, text) || (value.ValueKind is JsonValueKind.Array && value.EnumerateArray().Any(item => IsSame(item, text)));
    }

    private static bool IsSame(JsonElement value, string text)
    {
        if (value.ValueKind is JsonValueKind.String)
        {
            return value.ValueEquals(text);
        }

        try
        {
            return JsonElement.DeepEquals(value, JsonElement.Parse(text));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What a result without content has instead.</summary>
    private static object Rest(JsonObject result)
    {
        var rest = result.Where(field => !ForClients.Contains(field.Key)).ToDictionary(field => field.Key, field => field.Value);
        return rest.Count == 0 ? "" : JsonSerializer.SerializeToElement(rest);
    }
}

/// <summary>A tool says that it failed.</summary>
/// <param name="message">Its words.</param>
internal sealed class McpToolException(string message) : ToolException(message.Length == 0 ? "it does not say why" : message);
