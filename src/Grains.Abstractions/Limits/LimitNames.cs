namespace AgentStream;

/// <summary>The names of limits, as the wire has them.</summary>
public static class LimitNames
{
    /// <summary>Runs under way (<see cref="UsageLimits.LiveRuns"/>).</summary>
    public const string LiveRuns = "live_runs";

    /// <summary>Prompts that wait (<see cref="UsageLimits.QueuedPrompts"/>).</summary>
    public const string QueuedPrompts = "queued_prompts";

    /// <summary>Sessions that are kept (<see cref="UsageLimits.Sessions"/>).</summary>
    public const string Sessions = "sessions";

    /// <summary>Bytes of journals (<see cref="UsageLimits.JournalBytes"/>, <see cref="LimitOptions.SessionJournalBytes"/>).</summary>
    public const string JournalBytes = "journal_bytes";

    /// <summary>Schedules of a session (<see cref="ScheduleRequestRules.MaxSchedules"/>).</summary>
    public const string Schedules = "schedules";

    /// <summary>Streams that are followed (<see cref="UsageLimits.Listeners"/>).</summary>
    public const string Listeners = "listeners";

    /// <summary>Prompts in a minute (<see cref="UsageLimits.PromptsPerMinute"/>).</summary>
    public const string PromptsPerMinute = "prompts_per_minute";

    /// <summary>Tokens in a day (<see cref="UsageLimits.TokensPerDay"/>).</summary>
    public const string TokensPerDay = "tokens_per_day";
}
