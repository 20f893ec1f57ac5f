using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Models;

/// <summary>Reads JSON whose fields may be there or not, or be of another kind than one thought.</summary>
internal static class Json
{
    /// <summary>Without the indentation of the defaults: the model pays for each space.</summary>
    public static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions)
    {
        // It is read by JSON parsers, not pasted into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = Protocol.MaxJsonDepth,
        WriteIndented = false,
    };

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    /// <summary>Reads what an endpoint or a model wrote.</summary>
    /// <exception cref="JsonException">It is no JSON, or nested deeper than <see cref="Protocol.MaxJsonDepth"/>.</exception>
    public static JsonElement Parse(string json)
    {
        try
        {
            return JsonElement.Parse(json, Reading);
        }
        catch (ArgumentException e)
        {
            throw new JsonException("It has half of a surrogate pair.", e);
        }
    }

    /// <summary>The same without the chunk that it stands in, which would be kept with it and may be far longer.</summary>
    public static JsonElement Alone(this JsonElement json) => JsonElement.Parse(JsonMarshal.GetRawUtf8Value(json), Reading);

    /// <summary>A field; null when it is missing, null, or this is no object.</summary>
    public static JsonElement? Property(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>
    /// A field's text; null when it is missing or no string. An empty one is null too: that is how some servers write that there is
    /// nothing.
    /// </summary>
    public static string? Text(this JsonElement json, string name) => json.Property(name)?.Text() is { Length: > 0 } text ? text : null;

    /// <summary>A text; null when this is no string.</summary>
    public static string? Text(this JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return Unescaped(json.GetRawText().AsSpan()[1..^1]);
        }
    }

    /// <summary>A field's whole number; null when it is missing or none.</summary>
    public static long? Number(this JsonElement json, string name) =>
        json.Property(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>A field's items; empty when it is missing or no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) =>
        json.Property(name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : [];

    /// <summary>
    /// Unescapes what .NET refuses: half of a surrogate pair. Servers that cut a text anywhere send the halves in two chunks, and they fit
    /// together again later.
    /// </summary>
    private static string Unescaped(ReadOnlySpan<char> raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            var escaped = raw[++i];
            if (escaped == 'u')
            {
                text.Append((char)int.Parse(raw.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 4;
                continue;
            }

            text.Append(escaped switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escaped });
        }

        return text.ToString();
    }
}
