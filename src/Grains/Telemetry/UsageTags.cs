using System.Diagnostics;
using AgentStream.Messages;

namespace AgentStream.Grains.Telemetry;

/// <summary>Tokens as attributes of spans.</summary>
internal static class UsageTags
{
    /// <summary>The sum of what was used.</summary>
    public static TokenUsage Plus(this TokenUsage? usage, TokenUsage other) => usage is null ? other : new(usage.InputTokens + other.InputTokens, usage.OutputTokens + other.OutputTokens)
    {
        CacheReadTokens = usage.CacheReadTokens + other.CacheReadTokens,
    };

    /// <summary>Says what was used; nothing when nobody has said it.</summary>
    public static void SetUsage(this Activity span, TokenUsage? usage)
    {
        if (usage is null)
        {
            return;
        }

        span.SetTag(GenAI.InputTokens, usage.InputTokens).SetTag(GenAI.OutputTokens, usage.OutputTokens);
        if (usage.CacheReadTokens > 0)
        {
            span.SetTag(GenAI.CachedTokens, usage.CacheReadTokens);
        }
    }
}
