using System.Text.Json;

namespace AgentStream.Grains.Messages;

/// <summary>A message of a session's history: requests and responses take turns.</summary>
public abstract record ModelMessage
{
    /// <summary>When it was made, in UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The run that it belongs to.</summary>
    public string? RunId { get; init; }
}

/// <summary>What was sent to the model.</summary>
/// <param name="Parts">The parts, in order.</param>
public sealed record ModelRequest(IReadOnlyList<RequestPart> Parts) : ModelMessage;

/// <summary>What the model answered.</summary>
/// <param name="Parts">The parts, in order; a part's place is its <c>event_idx</c>.</param>
public sealed record ModelResponse(IReadOnlyList<ResponsePart> Parts) : ModelMessage
{
    /// <summary>What it cost, where the model said so.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>The model's name, where it said so.</summary>
    public string? ModelName { get; init; }

    /// <summary>The id that the provider gave the response, where it gave one.</summary>
    public string? ProviderResponseId { get; init; }

    /// <summary>Why the response ended: <c>stop</c>, <c>length</c>, <c>content_filter</c>, <c>tool_call</c> or <c>error</c>; null when nobody said, or it was cut short by a cancel.</summary>
    public string? FinishReason { get; init; }

    /// <summary>The tool calls among the parts, in order.</summary>
    public IEnumerable<ToolCallPart> ToolCalls => Parts.OfType<ToolCallPart>();
}

/// <summary>A part of a request.</summary>
public abstract record RequestPart
{
    /// <summary>When it was made, in UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }
}

/// <summary>What the user said.</summary>
/// <param name="Content">The text.</param>
public sealed record UserPromptPart(string Content) : RequestPart;

/// <summary>What a tool call gave.</summary>
/// <param name="ToolName">The tool.</param>
/// <param name="ToolCallId">The call.</param>
/// <param name="Content">Any JSON value.</param>
/// <param name="Outcome">One of <see cref="ToolOutcome"/>.</param>
public sealed record ToolReturnPart(string ToolName, string ToolCallId, JsonElement Content, string Outcome) : RequestPart;

/// <summary>A tool call that could not be made as the model wrote it, and what the model is to do about it.</summary>
/// <param name="ToolName">The tool that the model named.</param>
/// <param name="ToolCallId">The call.</param>
/// <param name="Content">What was wrong.</param>
public sealed record RetryPromptPart(string ToolName, string ToolCallId, string Content) : RequestPart;

/// <summary>How a tool call ended.</summary>
public static class ToolOutcome
{
    /// <summary>The tool answered.</summary>
    public const string Success = "success";

    /// <summary>The tool threw, or took too long; the content says so.</summary>
    public const string Failed = "failed";

    /// <summary>The run ended while the tool was at work.</summary>
    public const string Interrupted = "interrupted";
}

/// <summary>A part of a response.</summary>
public abstract record ResponsePart;

/// <summary>Text.</summary>
/// <param name="Content">The text.</param>
public sealed record TextPart(string Content) : ResponsePart;

/// <summary>What the model thought.</summary>
/// <param name="Content">The text.</param>
/// <param name="Signature">What the provider wants to see again with it, opaque to us.</param>
public sealed record ThinkingPart(string Content, string? Signature = null) : ResponsePart;

/// <summary>A tool call.</summary>
/// <param name="ToolName">The tool.</param>
/// <param name="ToolCallId">The call's id, unique within the response.</param>
/// <param name="Args">The arguments, a JSON object.</param>
public sealed record ToolCallPart(string ToolName, string ToolCallId, JsonElement Args) : ResponsePart
{
    /// <summary>What is wrong with the arguments as the model wrote them; null when they are a JSON object. Such a call goes back to the model.</summary>
    public string? ArgsError { get; init; }
}

/// <summary>What a response cost, in tokens.</summary>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="CacheReadTokens">Tokens read from the provider's cache.</param>
public sealed record TokenUsage(long InputTokens, long OutputTokens, long CacheReadTokens = 0);
