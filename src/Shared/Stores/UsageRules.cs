using AgentStream.Storage.Usage;

namespace AgentStream.Storage;

/// <summary>The windows of time that limits have, and what may be done in them.</summary>
internal static class UsageRules
{
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static long MinuteOf(DateTimeOffset now) => now.UtcTicks / Minute.Ticks;

    public static long DayOf(DateTimeOffset now) => now.UtcTicks / Day.Ticks;

    /// <summary>Throws if the limits do not allow one more prompt.</summary>
    /// <exception cref="LimitExceededException">They do not.</exception>
    public static void Check(UsageOfTime used, LimitOptions limits, DateTimeOffset now)
    {
        Limit.Check(LimitNames.PromptsPerMinute, used.Prompts, limits, limit => limit.PromptsPerMinute, Rest(now, Minute));
        CheckTokens(used.Tokens, limits, now);
    }

    /// <summary>Throws if the limits allow no more tokens.</summary>
    /// <exception cref="LimitExceededException">They do not.</exception>
    public static void CheckTokens(UsageCount tokens, LimitOptions limits, DateTimeOffset now) =>
        Limit.Check(LimitNames.TokensPerDay, tokens, limits, limit => limit.TokensPerDay, Rest(now, Day));

    /// <summary>How long a window still lasts.</summary>
    public static TimeSpan Rest(DateTimeOffset now, TimeSpan window) => window - TimeSpan.FromTicks(now.UtcTicks % window.Ticks);
}
