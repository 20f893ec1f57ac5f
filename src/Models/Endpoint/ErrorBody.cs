using System.Text;
using System.Text.Json;
using AgentStream.Models.Answers;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// What an endpoint says went wrong. OpenAI's form is <c>{"error": {"message", "code"}}</c>; servers that are compatible have a few others.
/// </summary>
internal static class ErrorBody
{
    // An error is a few lines. What is longer is something else, and nobody reads it.
    private const int MaxBytes = 64 * 1024;

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
            var json = JsonElement.Parse(body);
            return Message(json) ?? Words(json);
        }
        catch (JsonException)
        {
            // A web page is a proxy's, and says nothing that the status does not say.
            return body.Length == 0 || body.StartsWith('<') ? null : body;
        }
    }

    /// <summary>The words of an error object; null when it is none.</summary>
    public static string? Message(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return json.EnumerateArray().Select(Message).FirstOrDefault(message => message is not null);
        }

        return json.Property("error") switch
        {
            null => json.Text("object") == "error" ? Words(json) : null,
            { ValueKind: JsonValueKind.String } text => text.Text() is { Length: > 0 } words ? words : null,
            { } error => Words(error) ?? error.GetRawText(),
        };
    }

    private static string? Words(JsonElement error)
    {
        var words = error.Text("message") ?? error.Text("detail") ?? error.Property("detail")?.GetRawText() ?? error.Text("title");
        var number = error.Property("code") is { ValueKind: JsonValueKind.Number } code ? code.GetRawText() : null;
        var kind = number ?? error.Text("code") ?? error.Text("type");
        return words is null || kind is null ? words : $"{words} ({kind})";
    }
}
