using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Answers;

/// <summary>What an answer cost.</summary>
internal static class Usage
{
    /// <summary>Reads the <c>usage</c> of a chunk; what the endpoint did not count stays null.</summary>
    public static UsageDetails Read(JsonElement usage) => new()
    {
        InputTokenCount = usage.Number("prompt_tokens"),
        OutputTokenCount = usage.Number("completion_tokens"),
        TotalTokenCount = usage.Number("total_tokens"),
        CachedInputTokenCount = usage.Property("prompt_tokens_details")?.Number("cached_tokens") ?? usage.Number("prompt_cache_hit_tokens"),
        ReasoningTokenCount = usage.Property("completion_tokens_details")?.Number("reasoning_tokens"),
    };
}
