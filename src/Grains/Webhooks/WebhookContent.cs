using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream.Grains.Webhooks;

/// <summary>What the outbox keeps of a webhook: what is to be sent, and to whom. A configured endpoint is named by a hash, so that its URL and its secret are in the settings alone.</summary>
/// <param name="RunId">The run that it tells of.</param>
/// <param name="Type">One of <see cref="WebhookEvents"/>.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Endpoint">The configured endpoint; null for a URL that a request brought.</param>
/// <param name="Url">The URL that a request brought; null for a configured endpoint.</param>
/// <param name="Body">What is sent.</param>
internal sealed record WebhookContent(
    [property: JsonPropertyName("run_id")] string RunId,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("created")] DateTimeOffset Created,
    [property: JsonPropertyName("endpoint")] string? Endpoint,
    [property: JsonPropertyName("url")] string? Url,
    [property: JsonPropertyName("body")] string Body)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Default);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such JSON.</exception>
    public static WebhookContent FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<WebhookContent>(json, JsonSerializerOptions.Default) is { RunId: not null, Type: not null, Body: not null } content ? content : throw new InvalidDataException("This is no webhook.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("This is no webhook.", e);
        }
    }
}
