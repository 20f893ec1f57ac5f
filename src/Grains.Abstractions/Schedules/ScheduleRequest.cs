namespace AgentStream;

/// <summary>A prompt that a session is to get later: once (<paramref name="At"/>), or again and again (<paramref name="Cron"/>).</summary>
/// <param name="Prompt">What the user says; not empty, at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</param>
/// <param name="Agent">The name of a registered agent, at most <see cref="RunRequestRules.MaxAgentLength"/> characters; null is the one that was registered first.</param>
/// <param name="At">When, for a prompt that comes once; it must be in the future. Null for a cron expression. It is kept in whole milliseconds.</param>
/// <param name="Cron">
/// When, for a prompt that comes again and again: five fields (minute, hour, day of the month, month, day of the week), at most <see cref="ScheduleRequestRules.MaxCronLength"/> characters, such as
/// <c>0 9 * * MON-FRI</c>. Null for a time.
/// </param>
/// <param name="TimeZone">The time zone of the cron expression, by its IANA id, such as <c>Europe/Berlin</c>; null is UTC.</param>
/// <param name="IdempotencyKey">
/// By which the request is known when it is sent again: 1 to <see cref="RunRequestRules.MaxKeyLength"/> printable ASCII characters. The same key and request give the schedule that there is already; a
/// session remembers the last <see cref="RunRequestRules.RememberedKeys"/> keys of its schedules. Null: each request is a schedule of its own.
/// </param>
/// <param name="Claims">
/// What is known of the user, as in <see cref="RunRequest.Claims"/>. It is kept with the schedule as far as the agent asks for it, since the prompts come as from this user: at each, the policies of the
/// agent and its tools are evaluated again.
/// </param>
[GenerateSerializer, Immutable, Alias("AgentStream.ScheduleRequest")]
public sealed record ScheduleRequest(
    [property: Id(0)] string Prompt,
    [property: Id(1)] string? Agent = null,
    [property: Id(2)] DateTimeOffset? At = null,
    [property: Id(3)] string? Cron = null,
    [property: Id(4)] string? TimeZone = null,
    [property: Id(5)] string? IdempotencyKey = null,
    [property: Id(6)] IReadOnlyList<UserClaim>? Claims = null);

/// <summary>A prompt that a session gets at a time, or again and again.</summary>
/// <param name="Id">Names it within the session.</param>
/// <param name="Prompt">What the user says.</param>
/// <param name="Agent">The agent.</param>
/// <param name="At">When, for a prompt that comes once; null for a cron expression.</param>
/// <param name="Cron">The cron expression; null for a time.</param>
/// <param name="TimeZone">The time zone of the cron expression; null for a time.</param>
/// <param name="Created">When it was set.</param>
/// <param name="Next">When the prompt comes next. A time that is over is one at which it was refused: it is tried again. Null when it does not come any more, which only the answer to a request that was sent again says.</param>
/// <param name="Last">When the prompt last came; null for not yet.</param>
/// <param name="Error">Why the prompt was refused when it last should have come; null when it was not, or has come since.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.Schedule")]
public sealed record Schedule(
    [property: Id(0)] string Id,
    [property: Id(1)] string Prompt,
    [property: Id(2)] string Agent,
    [property: Id(3)] DateTimeOffset? At,
    [property: Id(4)] string? Cron,
    [property: Id(5)] string? TimeZone,
    [property: Id(6)] DateTimeOffset Created,
    [property: Id(7)] DateTimeOffset? Next,
    [property: Id(8)] DateTimeOffset? Last = null,
    [property: Id(9)] string? Error = null);
