namespace AgentStream.Storage.Journal;

/// <summary>A fact about one of a session's schedules. It may stand between the records of a run.</summary>
/// <param name="Id">The schedule.</param>
public abstract record ScheduleRecord(string Id) : JournalRecord;

/// <summary>A prompt is to come, once or again and again. After an import there is one for each schedule that there was before it.</summary>
/// <param name="Id">The schedule.</param>
/// <param name="Agent">The agent's name.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Next">When it comes next.</param>
public sealed record ScheduleSetRecord(string Id, string Agent, string Prompt, DateTimeOffset Next) : ScheduleRecord(Id)
{
    /// <summary>The cron expression; null for a prompt that comes once.</summary>
    public string? Cron { get; init; }

    /// <summary>The IANA id of the expression's time zone; null for a prompt that comes once.</summary>
    public string? TimeZone { get; init; }

    /// <summary>When the schedule was set, where that was before this record; null for the record's own time.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>When the prompt last came before this record; null for not yet.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>What is known of the user who set it, as far as the agent asks for it; null for nothing.</summary>
    public IReadOnlyList<UserClaim>? Claims { get; init; }

    /// <summary>The idempotency key that the request came with; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>A hash of what was asked, by which the same request is known; null without a key.</summary>
    public string? RequestHash { get; init; }
}

/// <summary>A prompt of a schedule has come: it is a run, or waits for its turn.</summary>
/// <param name="Id">The schedule.</param>
/// <param name="At">The time that it was to come at: what the schedule had as its next time.</param>
/// <param name="Next">When it comes next; null when it does not, and the schedule is over.</param>
public sealed record ScheduleFiredRecord(string Id, DateTimeOffset At, DateTimeOffset? Next) : ScheduleRecord(Id);

/// <summary>A prompt of a schedule was refused when it was to come. It is tried again.</summary>
/// <param name="Id">The schedule.</param>
/// <param name="At">The time that it was to come at.</param>
/// <param name="Error">Why, as a user may be told.</param>
public sealed record ScheduleFailedRecord(string Id, DateTimeOffset At, string Error) : ScheduleRecord(Id);

/// <summary>A schedule was taken back.</summary>
/// <param name="Id">The schedule.</param>
public sealed record ScheduleCanceledRecord(string Id) : ScheduleRecord(Id);
