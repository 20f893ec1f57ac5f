using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>Why a response ended, in the words of chat clients and in the protocol's.</summary>
internal static class ChatFinishReasons
{
    /// <summary>The chat client's word for a reason.</summary>
    public static ChatFinishReason? ToChat(string? reason) => reason switch
    {
        null => null,
        FinishReasons.Stop => ChatFinishReason.Stop,
        FinishReasons.Length => ChatFinishReason.Length,
        FinishReasons.ContentFilter => ChatFinishReason.ContentFilter,
        FinishReasons.ToolCall => ChatFinishReason.ToolCalls,
        "" => null,
        _ => new ChatFinishReason(reason),
    };

    /// <summary>The protocol's word for a chat client's; null where it has none: its readers know these five only.</summary>
    public static string? FromChat(ChatFinishReason? reason) =>
        reason is not { } given ? null
        : given == ChatFinishReason.Stop ? FinishReasons.Stop
        : given == ChatFinishReason.Length ? FinishReasons.Length
        : given == ChatFinishReason.ContentFilter ? FinishReasons.ContentFilter
        : given == ChatFinishReason.ToolCalls ? FinishReasons.ToolCall
        : given.Value == FinishReasons.Error ? FinishReasons.Error
        : null;
}
