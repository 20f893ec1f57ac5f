using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentStream.Mcp;

/// <summary>A tool as a server defines it, made fit for what endpoints of models take.</summary>
/// <param name="Name">The server's own name for it.</param>
/// <param name="Description">What it does, in at most <see cref="MaxDescription"/> characters; empty when the server does not say.</param>
/// <param name="InputSchema">What it takes.</param>
/// <param name="IsDestructive">Whether it may destroy something: not if the server says that it does not, or that it only reads.</param>
internal sealed record McpToolDefinition(string Name, string Description, JsonElement InputSchema, bool IsDestructive = true)
{
    /// <summary>The longest description that OpenAI takes.</summary>
    internal const int MaxDescription = 1024;

    /// <summary>The name in a definition; null when it has none that can be used.</summary>
    public static string? NameOf(JsonNode? definition)
    {
        try
        {
            return definition is JsonObject tool && (string?)tool["name"] is { Length: > 0 } name ? name : null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            // It is no text, or none in valid Unicode, or there are two.
            return null;
        }
    }

    /// <summary>Reads what is needed of a definition. Whatever else it has, of whatever type, does not matter.</summary>
    /// <exception cref="FormatException">It cannot be used; the message says why, as the rest of a sentence.</exception>
    public static McpToolDefinition Read(string name, JsonNode definition)
    {
        try
        {
            return new(name, Cut(Text(definition["description"])), McpToolSchema.Fit(definition["inputSchema"]), IsDestructiveBy(definition["annotations"]));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or JsonException)
        {
            throw new FormatException("its definition has text that is no valid Unicode, or a field twice", e);
        }
    }

    private static bool IsDestructiveBy(JsonNode? annotations) => annotations is not JsonObject hints
        || (hints["readOnlyHint"]?.GetValueKind() is not JsonValueKind.True && hints["destructiveHint"]?.GetValueKind() is not JsonValueKind.False);

    private static string Text(JsonNode? text) => text?.GetValueKind() is JsonValueKind.String ? (string)text! : "";

    private static string Cut(string description)
    {
        if (description.Length <= MaxDescription)
        {
            return description;
        }

        var end = MaxDescription - 1;
        return description[..(char.IsHighSurrogate(description[end - 1]) ? end - 1 : end)] + "…";
    }
}
