using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>What a response cost, in the chat client's terms and ours.</summary>
internal static class ChatUsage
{
    private const string CacheWrite = "cache_write_tokens";
    private const string Reasoning = "reasoning_tokens";

    // The names under which chat clients count what they wrote to the provider's cache; there is no common one.
    private static readonly HashSet<string> CacheWriteNames =
        new([CacheWrite, "CacheCreationInputTokens", "cache_creation_input_tokens", "CacheWriteInputTokens"], StringComparer.Ordinal);

    public static TokenUsage? FromChat(UsageDetails? usage)
    {
        if (usage is null)
        {
            return null;
        }

        var details = new Dictionary<string, long>();
        if (usage.ReasoningTokenCount is { } reasoning)
        {
            details[Reasoning] = reasoning;
        }

        var written = 0L;
        foreach (var (name, count) in usage.AdditionalCounts ?? [])
        {
            if (CacheWriteNames.Contains(name))
            {
                written = count;
            }
            else
            {
                details[name] = count;
            }
        }

        return new TokenUsage(usage.InputTokenCount ?? 0, usage.OutputTokenCount ?? 0)
        {
            CacheReadTokens = usage.CachedInputTokenCount ?? 0,
            CacheWriteTokens = written,
            Details = details,
        };
    }

    public static UsageDetails? ToChat(TokenUsage? usage)
    {
        if (usage is null)
        {
            return null;
        }

        var counts = new AdditionalPropertiesDictionary<long>(usage.Details.Where(detail => detail.Key != Reasoning));
        if (usage.CacheWriteTokens != 0)
        {
            counts[CacheWrite] = usage.CacheWriteTokens;
        }

        return new UsageDetails
        {
            InputTokenCount = usage.InputTokens,
            OutputTokenCount = usage.OutputTokens,
            TotalTokenCount = usage.InputTokens + usage.OutputTokens,
            CachedInputTokenCount = usage.CacheReadTokens,
            ReasoningTokenCount = usage.Details.TryGetValue(Reasoning, out var reasoning) ? reasoning : null,
            AdditionalCounts = counts.Count == 0 ? null : counts,
        };
    }

    /// <summary>Whether two usages say the same.</summary>
    public static bool Same(TokenUsage? one, TokenUsage? other) => one is null || other is null
        ? one is null && other is null
        : one with { Details = other.Details } == other
            && one.Details.Count == other.Details.Count
            && one.Details.All(detail => other.Details.TryGetValue(detail.Key, out var count) && count == detail.Value);
}
