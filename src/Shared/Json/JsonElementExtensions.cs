using System.Text.Json;

namespace AgentStream.Events;

/// <summary>Reads fields of JSON of others, which may be missing, or of another kind than expected.</summary>
internal static class JsonElementExtensions
{
    /// <summary>A field; null when it is missing, or this is no object.</summary>
    public static JsonElement? Field(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A field's text; null when it is missing, or no string.</summary>
    /// <exception cref="InvalidOperationException">The text has half of a surrogate pair.</exception>
    public static string? Text(this JsonElement json, string name) => json.Field(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>A field's whole number of 0 or more; null when it is missing, or none.</summary>
    public static int? Count(this JsonElement json, string name) =>
        json.Field(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var count) && count >= 0 ? count : null;
}
