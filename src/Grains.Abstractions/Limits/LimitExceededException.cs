using System.Globalization;

namespace AgentStream;

/// <summary>What was asked for is more than a limit allows. Nothing was changed.</summary>
/// <param name="limit">The limit: one of <see cref="LimitNames"/>.</param>
/// <param name="target">What it is a limit of.</param>
/// <param name="allowed">How much it allows.</param>
/// <param name="retryAfter">When it is worth to try again, from now; null when that takes more than time.</param>
[GenerateSerializer, Alias("AgentStream.LimitExceededException")]
public sealed class LimitExceededException(string limit, LimitTarget target, long allowed, TimeSpan? retryAfter = null)
    : AgentStreamException(Sentence(limit, target, allowed, retryAfter))
{
    /// <summary>Gets the limit: one of <see cref="LimitNames"/>.</summary>
    [Id(0)]
    public string Limit { get; } = limit;

    /// <summary>Gets what it is a limit of.</summary>
    [Id(1)]
    public LimitTarget Target { get; } = target;

    /// <summary>Gets how much it allows.</summary>
    [Id(2)]
    public long Allowed { get; } = allowed;

    /// <summary>Gets when it is worth to try again, from then on when this was thrown; null when that takes more than time: something has to be deleted.</summary>
    [Id(3)]
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;

    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.Limit;

    private static string Sentence(string limit, LimitTarget target, long allowed, TimeSpan? retryAfter)
    {
        var whose = target switch { LimitTarget.User => "a user", LimitTarget.Scope => "all users of a scope", _ => "a session" };
        var what = limit switch
        {
            LimitNames.LiveRuns => "runs at a time",
            LimitNames.QueuedPrompts => "waiting prompts",
            LimitNames.Sessions => "sessions",
            LimitNames.JournalBytes => "bytes of history",
            LimitNames.Listeners => "streams at a time",
            LimitNames.PromptsPerMinute => "prompts a minute",
            LimitNames.TokensPerDay => "tokens a day",
            _ => limit,
        };
        var then = retryAfter is { } wait
            ? string.Create(CultureInfo.InvariantCulture, $"Try again in {Math.Max(1, Math.Ceiling(wait.TotalSeconds))} s.")
            : target == LimitTarget.Session ? "Start another session." : "Delete sessions first.";
        return string.Create(CultureInfo.InvariantCulture, $"The limit of {allowed} {what} for {whose} is reached. {then}");
    }
}
