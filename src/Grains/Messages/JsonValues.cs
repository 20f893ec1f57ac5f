using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Messages;

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

    /// <summary>For objects of .NET: on one line, readable, and with whatever resolvers the AI libraries have for their types.</summary>
    public static readonly JsonSerializerOptions SerializerOptions = NewSerializerOptions();

    /// <summary>A value that nobody set is null.</summary>
    public static JsonElement OrNull(this JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? Null : value;

    /// <summary>Any value as JSON.</summary>
    /// <exception cref="JsonException">It is nested too deep, or has half of a surrogate pair in it.</exception>
    /// <exception cref="NotSupportedException">It is no data.</exception>
    /// <exception cref="ArgumentException">It has a number that JSON does not have, such as NaN.</exception>
    public static JsonElement ToElement(object? value)
    {
        var json = value as JsonElement? ?? Serialize(value);
        return JsonFaults.Of(json) is { } fault ? throw new JsonException($"It has {fault}.") : json.OrNull();
    }

    private static JsonElement Serialize(object? value)
    {
        try
        {
            return JsonSerializer.SerializeToElement(value, SerializerOptions);
        }
        catch (InvalidOperationException e)
        {
            // The writer's word for what is nested too deep, and for half of a surrogate pair in a JSON value.
            throw new JsonException(e.Message, e);
        }
    }

    private static JsonSerializerOptions NewSerializerOptions()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions)
        {
            MaxDepth = MaxValueDepth,
            WriteIndented = false,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.MakeReadOnly();
        return options;
    }
}
