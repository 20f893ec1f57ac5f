using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>A message of a session's history: requests and responses take turns.</summary>
public abstract record ModelMessage : MessageElement
{
    /// <summary>When it was made, in UTC; null where an older history does not say.</summary>
    public required DateTimeOffset? Timestamp { get; init; }

    /// <summary>The run that it belongs to.</summary>
    public string? RunId { get; init; }
}

/// <summary>What was sent to the model.</summary>
/// <param name="Parts">The parts, in order.</param>
public sealed record ModelRequest(IReadOnlyList<RequestPart> Parts) : ModelMessage
{
    /// <summary>What the model was told before everything else; null for nothing.</summary>
    public string? Instructions { get; init; }
}

/// <summary>What the model answered.</summary>
/// <param name="Parts">The parts, in order; a part's place is its <c>event_idx</c>.</param>
public sealed record ModelResponse(IReadOnlyList<ResponsePart> Parts) : ModelMessage
{
    /// <summary>What it cost, where the model said so.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>The model's name, where it said so.</summary>
    public string? ModelName { get; init; }

    /// <summary>The provider's name, where it is known.</summary>
    public string? ProviderName { get; init; }

    /// <summary>What else the provider said: any JSON object.</summary>
    public JsonElement? ProviderDetails { get; init; }

    /// <summary>The id that the provider gave the response, where it gave one.</summary>
    public string? ProviderResponseId { get; init; }

    /// <summary>
    /// Why the response ended, one of <see cref="FinishReasons"/>; null when nobody said, or it was cut short by a cancel.
    /// </summary>
    public string? FinishReason { get; init; }

    /// <summary>The tool calls among the parts, in order.</summary>
    public IEnumerable<ToolCallPart> ToolCalls => Parts.OfType<ToolCallPart>();
}

/// <summary>A message of a kind that is not known here; it is kept as it came.</summary>
/// <param name="Json">The message.</param>
public sealed record UnknownMessage(JsonElement Json) : ModelMessage;
