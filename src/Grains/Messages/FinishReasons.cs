using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Messages;

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

    /// <summary>The chat client's word for a reason.</summary>
    internal static ChatFinishReason? ToChat(string? reason) => reason switch
    {
        null => null,
        Stop => ChatFinishReason.Stop,
        Length => ChatFinishReason.Length,
        ContentFilter => ChatFinishReason.ContentFilter,
        ToolCall => ChatFinishReason.ToolCalls,
        "" => null,
        _ => new ChatFinishReason(reason),
    };

    /// <summary>The protocol's word for a chat client's; null where it has none: its readers know these five only.</summary>
    internal static string? FromChat(ChatFinishReason? reason) =>
        reason is not { } given ? null
        : given == ChatFinishReason.Stop ? Stop
        : given == ChatFinishReason.Length ? Length
        : given == ChatFinishReason.ContentFilter ? ContentFilter
        : given == ChatFinishReason.ToolCalls ? ToolCall
        : given.Value == Error ? Error
        : null;
}
