namespace AgentStream.Messages;

/// <summary>Why a response ended, in the protocol's words.</summary>
public static class FinishReasons
{
    /// <summary>The model had said everything.</summary>
    public const string Stop = "stop";

    /// <summary>It reached the limit of tokens.</summary>
    public const string Length = "length";

    /// <summary>The provider held something back.</summary>
    public const string ContentFilter = "content_filter";

    /// <summary>It calls tools.</summary>
    public const string ToolCall = "tool_call";

    /// <summary>The provider failed.</summary>
    public const string Error = "error";
}
