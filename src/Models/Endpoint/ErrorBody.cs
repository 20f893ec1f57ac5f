using System.Text;
using System.Text.Json;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// What an endpoint says went wrong. OpenAI's form is <c>{"error": {"message", "code"}}</c>; servers that are compatible have many others.
/// </summary>
internal static class ErrorBody
{
    // An error is a few lines. What is longer is something else, and nobody reads it.
    private const int MaxBytes = 64 * 1024;

    // Where the words are, in the order in which they are asked for.
    private static readonly string[] WordFields =
        ["message", "detail", "msg", "title", "error_description", "error_message", "description", "status_msg"];

    /// <summary>Reads a response's body as far as an error may reach; what cannot be read is left out.</summary>
    public static async Task<string> ReadAsync(Stream? body, CancellationToken cancellationToken)
    {
        if (body is null)
        {
            return "";
        }

        var bytes = new byte[MaxBytes];
        var length = 0;
        try
        {
            int count;
            while (length < bytes.Length && (count = await body.ReadAsync(bytes.AsMemory(length), cancellationToken)) > 0)
            {
                length += count;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The status says enough by itself.
        }

        return Encoding.UTF8.GetString(bytes, 0, length).Trim();
    }

    /// <summary>The words of an error response; null when it has none for a reader.</summary>
    public static string? Message(string body)
    {
        try
        {
            var json = Json.Parse(body);
            return Message(json) ?? Words(json);
        }
        catch (JsonException)
        {
            // A web page is a proxy's, and says nothing that the status does not say.
            return body.Length == 0 || body.StartsWith('<') ? null : body;
        }
    }

    /// <summary>
    /// The words of an error in the place of a chunk, or in it; null for no error. The errors of choices are in <see
    /// cref="InChoice"/>.
    /// </summary>
    public static string? InChunk(JsonElement chunk) => Message(chunk)
        ?? (chunk.Property("choices") is null && IsError(chunk) ? Words(chunk) ?? chunk.GetRawText() : null);

    /// <summary>The words of a choice's error; null when it has none.</summary>
    public static string? InChoice(JsonElement choice) =>
        Message(choice) ?? (choice.Property("delta") is { } delta ? Message(delta) : null);

    private static string? Message(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return json.EnumerateArray().Select(Message).FirstOrDefault(message => message is not null);
        }

        return (json.Property("error") ?? json.Property("errors")) switch
        {
            { ValueKind: JsonValueKind.True } => Words(json) ?? json.GetRawText(),
            { } error when Says(error) => Said(error),
            _ => json.Text("object") == "error" ? Words(json) : null,
        };
    }

    // Some write that there is no error, in one way or another.
    private static bool Says(JsonElement error) => error.ValueKind switch
    {
        JsonValueKind.String => error.Text() is { Length: > 0 },
        JsonValueKind.Object => error.EnumerateObject().Any(),
        JsonValueKind.Array => error.GetArrayLength() > 0,
        JsonValueKind.Number => error.GetRawText() is not "0",
        _ => false,
    };

    /// <summary>Whether an object that is no chunk of an answer says that something went wrong.</summary>
    private static bool IsError(JsonElement json) =>
        json.Text("type") == "error" || json.Text("status") == "error" || json.Text("event") == "error" || json.Text("detail") is not null
        || json.Property("success") is { ValueKind: JsonValueKind.False }
        || json.Property("base_resp")?.Number("status_code") is not (null or 0)
        || (json.Number("code") ?? json.Number("status_code") ?? json.Number("status")) is >= 400
        || (json.Text("code") is not null && json.Text("message") is not null);

    /// <summary>The words of any JSON: a text, the text in it, or the JSON itself.</summary>
    private static string Said(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.Text()!,
        JsonValueKind.Object => Words(json) ?? json.GetRawText(),
        _ => json.GetRawText(),
    };

    private static string? Words(JsonElement error)
    {
        var field = WordFields.Select(name => error.Property(name)).FirstOrDefault(found => found is { } value && Says(value));
        var words = field is { } value ? Said(value) : error.Property("base_resp") is { } response ? Words(response) : null;

        // What the provider behind a gateway said, in its own words.
        if (error.Property("metadata")?.Property("raw") is { } raw && Says(raw))
        {
            words = words is null ? Said(raw) : $"{words}: {Said(raw)}";
        }

        var number = error.Property("code") is { ValueKind: JsonValueKind.Number } code ? code.GetRawText() : null;
        var kind = number ?? error.Text("code") ?? error.Text("type");
        return words is null || kind is null ? words : $"{words} ({kind})";
    }
}
