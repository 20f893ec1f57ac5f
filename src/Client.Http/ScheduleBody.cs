namespace AgentStream.Client.Http;

/// <summary>The body of <c>POST /chat/{session_id}/schedules</c>.</summary>
internal sealed record ScheduleBody(string Prompt, string? Agent, DateTimeOffset? At, string? Cron, string? TimeZone)
{
    public static ScheduleBody Of(ScheduleRequest request) => new(request.Prompt, request.Agent, request.At, request.Cron, request.TimeZone);
}

/// <summary>A schedule, as the server shows it.</summary>
internal sealed record ScheduleAnswer(
    string ScheduleId,
    string Prompt,
    string Agent,
    DateTimeOffset? At,
    string? Cron,
    string? TimeZone,
    DateTimeOffset Created,
    DateTimeOffset? Next,
    DateTimeOffset? Last,
    string? Error)
{
    public Schedule ToSchedule() => new(ScheduleId, Prompt, Agent, At, Cron, TimeZone, Created, Next, Last, Error);
}
