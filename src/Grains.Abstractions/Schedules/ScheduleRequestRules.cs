namespace AgentStream;

/// <summary>The rules of a <see cref="ScheduleRequest"/>, for whoever takes one from a user. The session's grain holds every request to them, and knows which times and time zones there are.</summary>
public static class ScheduleRequestRules
{
    /// <summary>The most schedules of a session.</summary>
    public const int MaxSchedules = 100;

    /// <summary>The longest cron expression, in characters.</summary>
    public const int MaxCronLength = 256;

    /// <summary>The longest id of a time zone, in characters.</summary>
    public const int MaxTimeZoneLength = 64;

    private const string OneOf = "must be given, or cron, but not both";

    /// <summary>Gets the rule that a cron expression breaks as a text: it has five fields, and at most <see cref="MaxCronLength"/> characters. Whether it is one is for the session's grain to say.</summary>
    /// <param name="cron">The expression; null for none.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? Cron(string? cron) =>
        cron is null ? null
        : cron.Length > MaxCronLength ? $"must not be longer than {MaxCronLength} characters, but has {cron.Length}"
        : cron.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length != 5 ? "must have five fields: minute, hour, day of the month, month, day of the week"
        : null;

    /// <summary>Gets the rule that the id of a time zone breaks as a text. Whether there is such a zone is for the session's grain to say.</summary>
    /// <param name="timeZone">The id; null for UTC.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    /// <remarks>An id is the path of a file below the system's time zones: it must not lead out of there.</remarks>
    public static string? TimeZone(string? timeZone) =>
        timeZone is null || (timeZone.Length is > 0 and <= MaxTimeZoneLength
            && timeZone.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '/')
            && !timeZone.Split('/').Contains(""))
            ? null
            : "must be the IANA id of a time zone, such as Europe/Berlin";

    /// <summary>Gets the field that the time, the cron expression and the time zone of a request break a rule with together, and the rule: there is a time or a cron expression, and a time zone only with the latter.</summary>
    /// <param name="hasAt">Whether a time is given.</param>
    /// <param name="hasCron">Whether a cron expression is given.</param>
    /// <param name="hasTimeZone">Whether a time zone is given.</param>
    /// <returns>The field, and the rule as the rest of a sentence that begins with it; null when they break none.</returns>
    public static (string Field, string Rule)? Times(bool hasAt, bool hasCron, bool hasTimeZone) =>
        hasAt == hasCron ? ("at", OneOf)
        : hasAt && hasTimeZone ? ("time_zone", "must not be given with at, which says its offset itself")
        : null;

    /// <summary>Refuses a request that breaks a rule.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="InvalidInputException">It does; the exception names the field and the rule.</exception>
    public static void ThrowIfInvalid(ScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RunRequestRules.ThrowIfInvalidPrompt(request.Prompt);
        RunRequestRules.ThrowIfInvalidKey(request.IdempotencyKey);
        RunRequestRules.ThrowIfInvalidClaims(request.Claims);
        Throw("agent", RunRequestRules.Agent(request.Agent));
        if (Times(request.At is not null, request.Cron is not null, request.TimeZone is not null) is var (field, rule))
        {
            Throw(field, rule);
        }

        Throw("cron", Cron(request.Cron));
        Throw("time_zone", TimeZone(request.TimeZone));
    }

    private static void Throw(string field, string? broken)
    {
        if (broken is not null)
        {
            throw new InvalidInputException(field, broken);
        }
    }
}
