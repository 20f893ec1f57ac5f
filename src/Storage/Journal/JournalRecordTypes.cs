namespace AgentStream.Storage.Journal;

/// <summary>The values of a record's <c>type</c>.</summary>
internal static class JournalRecordTypes
{
    public const string RunStarted = "run-started";
    public const string Request = "request";
    public const string Response = "response";
    public const string ToolResult = "tool-result";
    public const string RunResumed = "run-resumed";
    public const string RunGivenAway = "run-given-away";
    public const string RunEnded = "run-ended";
    public const string RunPaused = "run-paused";
    public const string Answer = "answer";
    public const string ToolStarted = "tool-started";
    public const string RuleRevoked = "rule-revoked";
    public const string Renamed = "renamed";
    public const string Imported = "imported";
    public const string CarriedOver = "carried-over";
    public const string ScheduleSet = "schedule-set";
    public const string ScheduleFired = "schedule-fired";
    public const string ScheduleFailed = "schedule-failed";
    public const string ScheduleCanceled = "schedule-canceled";
}
