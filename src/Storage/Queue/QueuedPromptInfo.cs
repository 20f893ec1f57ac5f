using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.Messages;

namespace AgentStream.Storage.Queue;

/// <summary>What is known of a waiting prompt without reading it: a prompt may be long, and this is always short.</summary>
/// <param name="RunId">The run that it is going to be.</param>
/// <param name="Agent">The agent's name.</param>
public sealed record QueuedPromptInfo(
    [property: JsonPropertyName("run_id")] string RunId,
    [property: JsonPropertyName("agent")] string Agent)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Whether it joins the live run when that asks the model again (<see cref="BusySessionBehavior.Steer"/>).</summary>
    [JsonPropertyName("steers")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Steers { get; init; }

    /// <summary>The idempotency key that the prompt came with; null for none.</summary>
    [JsonPropertyName("idempotency_key")]
    public string? IdempotencyKey { get; init; }

    /// <summary>A hash of what was asked, by which the same request is known; null without a key.</summary>
    [JsonPropertyName("request_hash")]
    public string? RequestHash { get; init; }

    /// <summary>A hash of the client's tools that came with the prompt (<see cref="HashOf"/>); null for none.</summary>
    [JsonPropertyName("tools_hash")]
    public string? ToolsHash { get; init; }

    /// <summary>Gets what is known of a prompt without its text.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The info. The same prompt gives the same.</returns>
    public static QueuedPromptInfo Of(QueuedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new(prompt.RunId, prompt.Agent)
        {
            Steers = prompt.Steers,
            IdempotencyKey = prompt.IdempotencyKey,
            RequestHash = prompt.RequestHash,
            ToolsHash = HashOf(prompt.Tools),
        };
    }

    /// <summary>Gets a hash by which the same tools are known.</summary>
    /// <param name="tools">The tools; null for none.</param>
    /// <returns>The hash; null for no tools.</returns>
    public static string? HashOf(IReadOnlyList<ClientTool>? tools) =>
        tools is { Count: > 0 } ? Convert.ToHexString(SHA256.HashData(ClientToolJson.ToUtf8(tools))) : null;

    /// <summary>The info as UTF-8 JSON on one line. The same info gives the same bytes.</summary>
    /// <returns>The JSON.</returns>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote. Other fields do no harm.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <returns>The info.</returns>
    /// <exception cref="InvalidDataException">It is no such JSON; the message says why.</exception>
    public static QueuedPromptInfo FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<QueuedPromptInfo>(json, Json) is { RunId: not null, Agent: not null } info
                ? info
                : throw new InvalidDataException("This is no waiting prompt: run_id and agent must be given.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no waiting prompt: {e.Message}", e);
        }
    }
}
