namespace AgentStream.Storage;

/// <summary>Compares what is used with what is allowed.</summary>
internal static class Limit
{
    /// <summary>When it is worth to try again where something has to end first.</summary>
    public static readonly TimeSpan SoonFree = TimeSpan.FromSeconds(5);

    /// <summary>Throws if there is no room for one more.</summary>
    /// <param name="name">The limit: one of <see cref="LimitNames"/>.</param>
    /// <param name="used">What is used.</param>
    /// <param name="limits">The limits; null for none.</param>
    /// <param name="of">The limit of a user, or of a scope; 0 for none.</param>
    /// <param name="retryAfter">When it is worth to try again.</param>
    /// <exception cref="LimitExceededException">There is no room.</exception>
    public static void Check(string name, UsageCount used, LimitOptions? limits, Func<UsageLimits, long> of, TimeSpan? retryAfter)
    {
        if (limits is null)
        {
            return;
        }

        Check(name, LimitTarget.User, used.User, of(limits.PerUser), retryAfter);
        Check(name, LimitTarget.Scope, used.Scope, of(limits.PerScope), retryAfter);
    }

    private static void Check(string name, LimitTarget target, long used, long allowed, TimeSpan? retryAfter)
    {
        if (allowed > 0 && used >= allowed)
        {
            throw new LimitExceededException(name, target, allowed, retryAfter);
        }
    }
}
