using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>Why an answer ended, in the words of many endpoints.</summary>
internal static class FinishReasons
{
    // What endpoints say when they could not finish: OpenRouter, Zhipu, DeepSeek, Gemini and vLLM, in this order.
    private static readonly HashSet<string> Failures = new(
        [
            "error", "network_error", "insufficient_system_resource", "malformed_function_call", "abort", "aborted", "cancelled", "canceled",
            "failed", "server_error",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the endpoint failed.</summary>
    public static bool IsFailure(string reason) => Failures.Contains(reason);

    /// <summary>The reason in the words of Microsoft.Extensions.AI.</summary>
    public static ChatFinishReason Read(string reason) => reason switch
    {
        "stop" or "end_turn" or "stop_sequence" => ChatFinishReason.Stop,
        "length" or "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "content_filter" or "sensitive" => ChatFinishReason.ContentFilter,
        "tool_calls" or "function_call" or "tool_use" => ChatFinishReason.ToolCalls,
        _ => new ChatFinishReason(reason),
    };
}
