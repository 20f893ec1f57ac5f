using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentStream.Messages;
using Microsoft.Extensions.AI;
using Base64Url = System.Buffers.Text.Base64Url;

namespace AgentStream.Grains.Chat;

/// <summary>
/// Data within a tool's result. It stands there as base64, in the forms of pydantic-ai, MCP and data URLs; no model reads base64 in a
/// text, and each request would pay for it again.
/// </summary>
internal static partial class DataInResults
{
    private const string Mark = ";base64,";

    // The fields that have the data, and those that say of what kind it is.
    private static readonly string[] DataFields = ["data", "blob"];
    private static readonly string[] KindFields = ["media_type", "mimeType", "mediaType", "mime_type"];
    private static readonly byte[][] Signs = [";base64,"u8.ToArray(), .. KindFields.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Data in the form that a history has it in.</summary>
    public static JsonElement ToJson(DataContent data) => ChatJson.ToElement(new Dictionary<string, object?>
    {
        ["data"] = Base64.Write(data.Data.Span),
        ["media_type"] = data.MediaType,
        [Protocol.Fields.Kind] = Protocol.Kinds.Binary,
    });

    /// <summary>The same result with notes in the place of data.</summary>
    /// <param name="result">The result.</param>
    /// <param name="takes">Whether the model takes data; such data stays.</param>
    public static JsonElement Replace(JsonElement result, Func<AIContent, bool> takes)
    {
        var raw = JsonMarshal.GetRawUtf8Value(result);
        foreach (var sign in Signs)
        {
            if (raw.IndexOf(sign) >= 0)
            {
                return JsonElement.Parse(Written(json => Write(json, result, takes)), JsonValues.Reading);
            }
        }

        return result;
    }

    /// <summary>The same text with notes in the place of data URLs.</summary>
    public static string Replace(string text) => text.Contains(Mark, StringComparison.OrdinalIgnoreCase)
        ? DataUrl().Replace(text, url => OfUrl(url.Value) is { } data ? Note(data) : url.Value)
        : text;

    /// <summary>A result as contents, for a model that takes data in it; null for a result without data.</summary>
    public static List<AIContent>? ToContents(JsonElement result)
    {
        List<JsonElement> items = result.ValueKind == JsonValueKind.Array ? [.. result.EnumerateArray()] : [result];
        return items.Exists(item => Find(item) is not null)
            ? items.ConvertAll(item => Find(item) ?? (AIContent)new TextContent(TextOf(item)))
            : null;
    }

    /// <summary>JSON as a text without white space.</summary>
    public static string Compact(JsonElement json) => Encoding.UTF8.GetString(Written(json.WriteTo));

    private static string TextOf(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString()! : Compact(item);

    private static ReadOnlySpan<byte> Written(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            write(json);
        }

        return buffer.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, Func<AIContent, bool> takes)
    {
        if (Find(value) is { } data)
        {
            if (takes(data))
            {
                value.WriteTo(json);
            }
            else
            {
                json.WriteStringValue(Note(data));
            }

            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var field in value.EnumerateObject())
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Value, takes);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(json, item, takes);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(Replace(value.GetString()!));
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    // A text is the one kind of file that a model reads in a text.
    private static string Note(DataContent data) =>
        data.HasTopLevelMediaType("text") ? Encoding.UTF8.GetString(data.Data.Span) : ContentNotes.Of(data)!;

    /// <summary>The data that a value holds; null when it holds none.</summary>
    private static DataContent? Find(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = value.GetString()!;
            var isUrl = text.Contains(Mark, StringComparison.OrdinalIgnoreCase) && DataUrl().Match(text).Length == text.Length;
            return isUrl ? OfUrl(text) : null;
        }

        if (value.ValueKind != JsonValueKind.Object
            || Field(value, KindFields) is not { } kind
            || Field(value, DataFields) is not { } data
            || !kind.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        // Where a text is said to be in it, it may be the text itself.
        var mayBeText = kind.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            && Field(value, Protocol.Fields.Kind) != Protocol.Kinds.Binary
            && Field(value, "blob") is null;
        var plain = data.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return mayBeText || !Base64Url.IsValid(plain) ? null : Make(() => new DataContent(Base64Url.DecodeFromChars(plain), kind));
    }

    private static DataContent? OfUrl(string url) => Make(() => new DataContent(url));

    private static DataContent? Make(Func<DataContent> make)
    {
        try
        {
            var data = make();
            return data.Data.Length >= 0 ? data : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static string? Field(JsonElement value, params string[] names)
    {
        foreach (var name in names)
        {
            if (value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String)
            {
                return field.GetString();
            }
        }

        return null;
    }

    [GeneratedRegex(
        "data:[a-z0-9.+-]+/[a-z0-9.+-]+(;[a-z0-9=._-]+)*;base64,[a-z0-9+/_-]{4,}={0,2}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DataUrl();
}
