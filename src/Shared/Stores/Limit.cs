namespace AgentStream.Storage;

/// <summary>Compares what is used with what is allowed.</summary>
internal static class Limit
{
    /// <summary>When it is worth to try again where something has to end first.</summary>
    public static readonly TimeSpan SoonFree = TimeSpan.FromSeconds(5);

    /// <summary>Throws if there is no room for more, of the user or of its scope.</summary>
    /// <param name="name">The limit: one of <see cref="LimitNames"/>.</param>
    /// <param name="used">What is used.</param>
    /// <param name="limits">The limits; null for none.</param>
    /// <param name="of">The limit of a user, or of a scope; 0 for none.</param>
    /// <param name="retryAfter">When it is worth to try again; null when that takes more than time.</param>
    /// <param name="more">How much more there is to be.</param>
    /// <exception cref="LimitExceededException">There is no room.</exception>
    public static void Check(string name, UsageCount used, LimitOptions? limits, Func<UsageLimits, long> of, TimeSpan? retryAfter = null, long more = 1)
    {
        if (limits is null)
        {
            return;
        }

        Check(name, LimitTarget.User, used.User, of(limits.PerUser), retryAfter, more);
        Check(name, LimitTarget.Scope, used.Scope, of(limits.PerScope), retryAfter, more);
    }

    /// <summary>Throws if there is no room for more.</summary>
    /// <exception cref="LimitExceededException">There is no room.</exception>
    public static void Check(string name, LimitTarget target, long used, long allowed, TimeSpan? retryAfter = null, long more = 1)
    {
        if (allowed > 0 && used + more > allowed)
        {
            throw new LimitExceededException(name, target, allowed, retryAfter);
        }
    }
}
