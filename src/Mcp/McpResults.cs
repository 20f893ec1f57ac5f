using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>What a call gave, as the model and the listeners see it.</summary>
internal static class McpResults
{
    /// <summary>
    /// Text is a string; structured content is its JSON. Any other content is the JSON of the protocol, a list if there are several, with the number of
    /// bytes instead of an image's or a file's data: it would come back with each request of the session, and no model reads base64.
    /// </summary>
    /// <exception cref="McpToolException">The tool says that it failed.</exception>
    public static object ToResult(CallToolResult result)
    {
        if (result.IsError is true)
        {
            throw new McpToolException(ToText(result));
        }

        if (result.StructuredContent is { } structured)
        {
            return structured;
        }

        return result.Content.All(c => c is TextContentBlock)
            ? ToText(result)
            : JsonSerializer.SerializeToElement(result.Content.Count == 1 ? ToJson(result.Content[0]) : new JsonArray([.. result.Content.Select(ToJson)]));
    }

    private static string ToText(CallToolResult result) =>
        string.Join('\n', result.Content.Select(c => c is TextContentBlock text ? text.Text : ToJson(c)?.ToJsonString()));

    private static JsonNode? ToJson(ContentBlock content)
    {
        var json = JsonSerializer.SerializeToNode(content, McpJsonUtilities.DefaultOptions);
        switch (content)
        {
            case ImageContentBlock image:
                Replace(json, "data", image.DecodedData.Length);
                break;
            case AudioContentBlock audio:
                Replace(json, "data", audio.DecodedData.Length);
                break;
            case EmbeddedResourceBlock { Resource: BlobResourceContents blob }:
                Replace(json?["resource"], "blob", blob.DecodedData.Length);
                break;
        }

        return json;
    }

    private static void Replace(JsonNode? json, string property, int bytes)
    {
        if (json is JsonObject item && item.Remove(property))
        {
            item["bytes"] = bytes;
        }
    }
}

/// <summary>A tool says that it failed.</summary>
/// <param name="message">Its words.</param>
internal sealed class McpToolException(string message) : Exception(message.Length == 0 ? "it does not say why" : message);
