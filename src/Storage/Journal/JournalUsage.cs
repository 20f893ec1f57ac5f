namespace AgentStream.Storage.Journal;

/// <summary>How much a user, and its scope, have in a journal.</summary>
/// <param name="Sessions">The sessions.</param>
/// <param name="Bytes">The bytes of their records, as they are kept.</param>
public sealed record JournalUsage(UsageCount Sessions, UsageCount Bytes)
{
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

        Limit.Check(LimitNames.JournalBytes, LimitTarget.Session, before, limits.SessionJournalBytes, more: after - before);
        Limit.Check(LimitNames.JournalBytes, Bytes, limits, limit => limit.JournalBytes, more: after - before);
        if (isNew)
        {
            Limit.Check(LimitNames.Sessions, Sessions, limits, limit => limit.Sessions);
        }
    }
}
