namespace AgentStream.Storage.Journal;

/// <summary>
/// Where sessions are kept: an append-only, versioned list of records for each. A user with a database of their own implements this.
/// </summary>
public interface ISessionJournal
{
    /// <summary>
    /// Whether another process, or this one when it starts again, finds what was kept. Then a process that shuts down in order leaves its runs to others; otherwise it ends them.
    /// </summary>
    bool OutlivesProcess => true;

    /// <summary>Reads a session's records behind a version.</summary>
    /// <param name="key">The session.</param>
    /// <param name="afterVersion">The version that the reader has: the number of records it knows; 0 for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The later records in order; none for a session that nobody wrote to, or when the reader is up to date.</returns>
    ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="ReadAsync"/>, for a reader that needs no imported messages: an <see cref="ImportedRecord"/> may come without them. They are the largest that a journal has. An implementation that does
    /// not override this reads everything.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="afterVersion">The version that the reader has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The later records in order.</returns>
    ValueTask<IReadOnlyList<JournalRecord>> ReadWithoutImportsAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        ReadAsync(key, afterVersion, cancellationToken);

    /// <summary>
    /// Adds records, all or none. When it has answered, they survive what the journal's medium survives. What stands before an <see cref="ImportedRecord"/> that says so
    /// (<see cref="ImportedRecord.Replaced"/>) may be dropped in the same atomic step; then a reader from before it gets that record first.
    /// </summary>
    /// <param name="owner">The run that writes; a journal that several processes share proves its ownership in the same atomic step.</param>
    /// <param name="expectedVersion">The version that the writer has: the number of records before these.</param>
    /// <param name="records">The records; at least one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that completes when they are kept. The new version is the old one and the number of records.</returns>
    /// <exception cref="OwnershipLostException">The journal's version is another, so somebody else has written, or the run lost its session. Nothing was written.</exception>
    ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="AppendAsync(RunToken, long, IReadOnlyList{JournalRecord}, CancellationToken)"/>, if that keeps limits: of the bytes of the session's journal, and of the sessions and the bytes of its
    /// user and its scope. They are looked at in the same atomic step. A journal that does not know its sizes keeps no limits, which is what an implementation does that does not override this.
    /// </summary>
    /// <param name="owner">The run that writes.</param>
    /// <param name="expectedVersion">The version that the writer has.</param>
    /// <param name="records">The records; at least one.</param>
    /// <param name="limits">The limits of sessions and of bytes of journals; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that completes when they are kept.</returns>
    /// <exception cref="LimitExceededException">
    /// The journals would have more than a limit allows: <see cref="LimitNames.JournalBytes"/>, or, for the first records of a session, <see cref="LimitNames.Sessions"/>. What an import replaces does not
    /// count. Nothing was written.
    /// </exception>
    /// <exception cref="OwnershipLostException">As above.</exception>
    ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, LimitOptions? limits, CancellationToken cancellationToken = default) =>
        AppendAsync(owner, expectedVersion, records, cancellationToken);

    /// <summary>How much a user, and all users of its scope together, have in this journal.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The usage; null from a journal that does not know it, which is what an implementation answers that does not override this.</returns>
    ValueTask<JournalUsage?> GetUsageAsync(UserKey user, CancellationToken cancellationToken = default) => new((JournalUsage?)null);

    /// <summary>
    /// Finds the sessions whose last run has not ended, for a journal that belongs to one process at a time: when the process starts, those are the runs that its
    /// predecessor left. A journal beside a stream store that others share finds none: there, the log knows whose runs are orphan.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sessions, those of runs that are under way in this process among them.</returns>
    Task<IReadOnlyList<SessionKey>> ListUnfinishedAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<SessionKey>>([]);

    /// <summary>A user's sessions that have records, those that last grew first, and those of one millisecond by their ids, descending. The cost grows with the sessions of that user at the most, not with those of others.</summary>
    /// <param name="user">The user.</param>
    /// <param name="count">The most sessions to answer with; at least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sessions.</returns>
    /// <exception cref="NotSupportedException">This journal cannot tell.</exception>
    ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="ListSessionsAsync(UserKey, int, CancellationToken)"/>, those after one of them: by the time of the last change in whole milliseconds, then by the session's id in ordinal order, both
    /// descending. An implementation that does not override this lists all of the user's sessions for it.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="count">The most sessions to answer with; at least 1. Fewer are the last ones.</param>
    /// <param name="after">A session, as it was listed: it may have changed since, or be gone. Null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sessions.</returns>
    /// <exception cref="NotSupportedException">This journal cannot tell.</exception>
    async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, JournaledSession? after, CancellationToken cancellationToken = default) =>
        after is null ? await ListSessionsAsync(user, count, cancellationToken)
        : [.. (await ListSessionsAsync(user, int.MaxValue, cancellationToken)).Order(SessionOrder.LatestFirst).Where(session => SessionOrder.IsAfter(session, after)).Take(count)];

    /// <summary>Removes all of a session's records; its version is 0 again.</summary>
    /// <param name="owner">The run that owns the session meanwhile, as for an append.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that completes when they are gone.</returns>
    /// <exception cref="OwnershipLostException">The run lost its session. Nothing was removed.</exception>
    ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default);
}
