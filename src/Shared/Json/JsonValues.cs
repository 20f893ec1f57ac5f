using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>How JSON of others is read and written: histories, call arguments, tool results. Every place uses these options.</summary>
internal static class JsonValues
{
    /// <summary>The deepest nesting. The writer keeps the same limit, so what can be written can be read.</summary>
    public const int MaxDepth = Protocol.MaxJsonDepth;

    /// <summary>The deepest nesting of a call's arguments or a tool's result: a history puts four levels around them.</summary>
    public const int MaxValueDepth = MaxDepth - 4;

    public static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    public static readonly JsonElement Null = JsonElement.Parse("null");

    public static readonly JsonDocumentOptions Reading = new() { MaxDepth = MaxDepth };

    public static readonly JsonDocumentOptions ReadingValue = new() { MaxDepth = MaxValueDepth };

    // Read by JSON parsers, not pasted into HTML: text stays readable and short.
    public static readonly JsonWriterOptions Writing = new() { MaxDepth = MaxDepth, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions TextOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value that nobody set is null.</summary>
    public static JsonElement OrNull(this JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? Null : value;

    /// <summary>A text as JSON.</summary>
    public static JsonElement OfText(string text) => JsonSerializer.SerializeToElement(text, TextOptions);
}
