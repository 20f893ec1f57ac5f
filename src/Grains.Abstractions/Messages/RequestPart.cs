using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>A part of a request.</summary>
public abstract record RequestPart : MessageElement
{
    /// <summary>When it was made, in UTC; null where an older history does not say.</summary>
    public required DateTimeOffset? Timestamp { get; init; }
}

/// <summary>What the model is told about its task.</summary>
/// <param name="Content">The text.</param>
public sealed record SystemPromptPart(string Content) : RequestPart;

/// <summary>What the user said.</summary>
/// <param name="Content">The words, images and so on, in order.</param>
public sealed record UserPromptPart(IReadOnlyList<UserContent> Content) : RequestPart
{
    /// <summary>Makes a prompt of words alone.</summary>
    /// <param name="text">The text.</param>
    public UserPromptPart(string text)
        : this([new UserText(text)])
    {
    }

    /// <summary>Its words: the texts, one a line.</summary>
    public string Text => string.Join('\n', Content.OfType<UserText>().Select(item => item.Text));
}

/// <summary>What a tool call gave.</summary>
/// <param name="ToolName">The tool.</param>
/// <param name="ToolCallId">The call; empty where an older history does not say.</param>
/// <param name="Content">Any JSON value.</param>
/// <param name="Outcome">One of <see cref="ToolOutcome"/>.</param>
public sealed record ToolReturnPart(string ToolName, string ToolCallId, JsonElement Content, string Outcome) : RequestPart
{
    /// <summary>What the tool said to the application and not to the model: any JSON value, or null for none.</summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>Something of the model's that cannot be taken as it is (a tool call, mostly), and what the model is to do about it.</summary>
/// <param name="ToolName">The tool that the model named; null when this is about no tool call.</param>
/// <param name="ToolCallId">The call; empty where an older history does not say.</param>
/// <param name="Content">What was wrong: a JSON string, or an array of pydantic's error details.</param>
public sealed record RetryPromptPart(string? ToolName, string ToolCallId, JsonElement Content) : RequestPart
{
    /// <summary>Makes one that says in words what was wrong.</summary>
    /// <param name="toolName">The tool that the model named; null when this is about no tool call.</param>
    /// <param name="toolCallId">The call.</param>
    /// <param name="content">What was wrong.</param>
    public RetryPromptPart(string? toolName, string toolCallId, string content)
        : this(toolName, toolCallId, JsonValues.OfText(content))
    {
    }

    /// <summary>What the model gets to read.</summary>
    public string Text => RetryText.Of(this);
}

/// <summary>A part of a kind that is not known here; it is kept as it came, and the model does not see it.</summary>
/// <param name="Json">The part.</param>
public sealed record UnknownRequestPart(JsonElement Json) : RequestPart;

/// <summary>How a tool call ended.</summary>
public static class ToolOutcome
{
    /// <summary>The tool answered.</summary>
    public const string Success = "success";

    /// <summary>The tool threw, or took too long; the content says so.</summary>
    public const string Failed = "failed";

    /// <summary>Somebody did not allow the call.</summary>
    public const string Denied = "denied";

    /// <summary>The run ended while the tool was at work.</summary>
    public const string Interrupted = "interrupted";
}
