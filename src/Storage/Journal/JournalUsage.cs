namespace AgentStream.Storage.Journal;

/// <summary>How much a user, and its scope, have in a journal.</summary>
/// <param name="UserSessions">The user's sessions.</param>
/// <param name="UserBytes">The bytes of their records, as JSON.</param>
/// <param name="ScopeSessions">The sessions of all users of the scope.</param>
/// <param name="ScopeBytes">The bytes of their records.</param>
public sealed record JournalUsage(long UserSessions, long UserBytes, long ScopeSessions, long ScopeBytes)
{
    /// <summary>Nothing.</summary>
    internal static JournalUsage None { get; } = new(0, 0, 0, 0);

    /// <summary>Refuses what would be more than a limit allows.</summary>
    /// <param name="limits">The limits; null for none.</param>
    /// <param name="isNew">Whether the session has no records yet.</param>
    /// <param name="before">The bytes of the session's journal before.</param>
    /// <param name="after">The bytes of the session's journal then.</param>
    internal void Check(LimitOptions? limits, bool isNew, long before, long after)
    {
        if (limits is null || after <= before)
        {
            return;
        }

        Check(LimitNames.JournalBytes, LimitTarget.Session, limits.SessionJournalBytes, after);
        Check(LimitNames.JournalBytes, LimitTarget.User, limits.PerUser.JournalBytes, UserBytes + after - before);
        Check(LimitNames.JournalBytes, LimitTarget.Scope, limits.PerScope.JournalBytes, ScopeBytes + after - before);
        if (isNew)
        {
            Check(LimitNames.Sessions, LimitTarget.User, limits.PerUser.Sessions, UserSessions + 1);
            Check(LimitNames.Sessions, LimitTarget.Scope, limits.PerScope.Sessions, ScopeSessions + 1);
        }
    }

    private static void Check(string limit, LimitTarget target, long allowed, long wanted)
    {
        if (allowed > 0 && wanted > allowed)
        {
            throw new LimitExceededException(limit, target, allowed);
        }
    }
}
