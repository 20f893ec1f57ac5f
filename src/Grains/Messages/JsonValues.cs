using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.Grains.Messages;

/// <summary>How the history's JSON is read and written.</summary>
internal static class JsonValues
{
    /// <summary>The deepest nesting. The writer keeps the same limit, so what can be written can be read.</summary>
    public const int MaxDepth = 1000;

    public static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    public static readonly JsonElement Null = JsonElement.Parse("null");

    public static readonly JsonDocumentOptions Reading = new() { MaxDepth = MaxDepth };

    // Read by JSON parsers, not pasted into HTML: text stays readable and short.
    public static readonly JsonWriterOptions Writing = new() { MaxDepth = MaxDepth, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value that nobody set is null.</summary>
    public static JsonElement OrNull(this JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? Null : value;
}
