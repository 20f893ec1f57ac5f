using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Queue;

/// <summary>A prompt that waits for its session.</summary>
/// <param name="RunId">The run that it is going to be.</param>
/// <param name="Agent">The agent's name.</param>
/// <param name="Prompt">What the user said.</param>
/// <param name="Timestamp">When, in UTC.</param>
public sealed record QueuedPrompt(
    [property: JsonPropertyName("run_id")] string RunId,
    [property: JsonPropertyName("agent")] string Agent,
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("timestamp")] DateTimeOffset Timestamp)
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

    /// <summary>The tools of the client that came with the prompt; null for none.</summary>
    [JsonPropertyName(Protocol.Fields.Tools)]
    [JsonConverter(typeof(KeptToolsConverter))]
    public IReadOnlyList<ClientTool>? Tools { get; init; }

    /// <summary>Who sent the prompt, as far as its run needs to know; null for nothing.</summary>
    [JsonPropertyName("caller")]
    public RunCaller? Caller { get; init; }

    /// <summary>The URL that the prompt wants its run's end reported to; null for none.</summary>
    [JsonPropertyName(Protocol.Fields.Webhook)]
    public string? Webhook { get; init; }

    /// <summary>The trace that the prompt came with, as W3C's <c>traceparent</c>; null without one.</summary>
    [JsonPropertyName("traceparent")]
    public string? Traceparent { get; init; }

    /// <summary>Gets whether another prompt says the same in all that is kept.</summary>
    /// <param name="other">The other; null for none.</param>
    /// <returns>Whether it does.</returns>
    public bool Equals(QueuedPrompt? other) => other?.RunId == RunId && (ReferenceEquals(other, this) || ToJson().AsSpan().SequenceEqual(other.ToJson()));

    /// <inheritdoc/>
    public override int GetHashCode() => RunId.GetHashCode(StringComparison.Ordinal);

    /// <summary>The prompt as UTF-8 JSON on one line. The same prompt gives the same bytes.</summary>
    /// <returns>The JSON.</returns>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="InvalidDataException">It is no such JSON; the message says why.</exception>
    public static QueuedPrompt FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<QueuedPrompt>(json, Json) is { RunId: not null, Agent: not null, Prompt: not null } prompt
                ? prompt
                : throw new InvalidDataException("This is no waiting prompt: run_id, agent and prompt must be given.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no waiting prompt: {e.Message}", e);
        }
    }
}
