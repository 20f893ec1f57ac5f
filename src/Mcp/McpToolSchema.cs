using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentStream.Mcp;

/// <summary>
/// Schemas of tools' arguments as all endpoints of models take them: an object with properties, each with a schema of its own, and no choice of schemas at the
/// top. What is left out of a schema the server checks all the same.
/// </summary>
internal static class McpToolSchema
{
    private static readonly JsonElement Empty = JsonElement.Parse("""{"type":"object","properties":{}}""");
    private static readonly string[] Choices = ["anyOf", "oneOf", "allOf", "not", "enum", "$ref"];

    /// <summary>Makes a schema fit; one that is fit says the same as before.</summary>
    /// <exception cref="FormatException">It cannot be made fit; the message says why.</exception>
    /// <exception cref="ArgumentException">It has a field twice.</exception>
    /// <exception cref="JsonException">It has text that is no valid Unicode.</exception>
    public static JsonElement Fit(JsonNode? schema)
    {
        if (schema is null || schema.GetValueKind() is JsonValueKind.True)
        {
            return Empty;
        }

        var json = schema as JsonObject ?? throw new FormatException("its inputSchema is no object");
        if (!IsObject(json["type"]))
        {
            throw new FormatException("its inputSchema is not that of an object");
        }

        if (json["properties"] is not (null or JsonObject))
        {
            throw new FormatException("the properties of its inputSchema are no object");
        }

        var properties = json["properties"] as JsonObject ?? [];
        if (properties.Count == 0 && Choices.FirstOrDefault(json.ContainsKey) is { } choice)
        {
            throw new FormatException($"its inputSchema has no properties but '{choice}', which models' endpoints do not take there");
        }

        var fit = new JsonObject { ["type"] = "object" };
        foreach (var (key, value) in json.Where(field => field.Key is not ("type" or "properties" or "required") && !Choices.Contains(field.Key)))
        {
            fit[key] = value?.DeepClone();
        }

        fit["properties"] = new JsonObject(properties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)(p.Value is JsonObject own ? own.DeepClone() : new JsonObject()))));
        if (json["required"] is JsonArray required)
        {
            fit["required"] = new JsonArray([.. required.Where(name => name?.GetValueKind() is JsonValueKind.String).Select(name => name!.DeepClone())]);
        }

        return JsonSerializer.SerializeToElement(fit);
    }

    // Without a type it is one of anything, so of an object too.
    private static bool IsObject(JsonNode? type) => type switch
    {
        null => true,
        JsonArray types => types.Any(one => IsObject(one)),
        _ => type.GetValueKind() is JsonValueKind.String && (string)type! == "object",
    };
}
