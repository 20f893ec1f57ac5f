namespace AgentStream.AspNetCore.Health;

/// <summary>All that an answer says of a check, but its name: no text of anybody else gets there.</summary>
internal static class HealthWords
{
    public const string Ok = "ok";
    public const string Failed = "failed";
    public const string TimedOut = "timeout";
}
