namespace AgentStream.Storage;

/// <summary>What anybody may do with the sessions' streams: read them, watch them, find runs, and cancel.</summary>
public interface IStreamReader
{
    /// <summary>Reads events of a session behind a cursor, without waiting for more.</summary>
    /// <remarks>
    /// That is the rest of a past run when the cursor stands directly before its <c>begin</c> or within it, and the run is one of the last <see cref="StreamRules.PastRuns"/> and ended no longer ago
    /// than <see cref="StreamRules.PastStay"/>. Otherwise it is the current run.
    /// </remarks>
    /// <param name="key">The session.</param>
    /// <param name="after">Events behind this place; <see cref="Cursor.Start"/> for all of the current run.</param>
    /// <param name="count">The most events to read; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The events, and whether more may come.</returns>
    Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default);

    /// <summary>Asks to be told when a session's stream has grown, or its run was canceled.</summary>
    /// <param name="key">The session.</param>
    /// <param name="notified">Called for each notice, on any thread; it must not block. Notices may be lost with a connection, and none come from streams that another library writes.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Ends the watch when disposed. Once this has been answered, every later append is noticed.</returns>
    Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default);

    /// <summary>Whether a session's live flag is there.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if it is.</returns>
    Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>A session's run of ours: the one under way, or the last one for at least <see cref="StreamRules.EndedMemory"/> behind its end.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">Which run; also one of the <see cref="StreamRules.PastRuns"/> before the last. Null for the last.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when there is none.</returns>
    Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default);

    /// <summary>The run of ours that an entry is of: the session's last, or one of the <see cref="StreamRules.PastRuns"/> before it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="entry">The entry's cursor.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when it is not known any more.</returns>
    Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default);

    /// <summary>The live sessions of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="includeExternal">Also those that another library started, found by a scan over all keys. Ids that break <see cref="SessionKey.SessionRule"/> are left out.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions whose live flag is there, sorted by session id.</returns>
    Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default);

    /// <summary>Counts the live sessions of ours, of a user and of its scope, without a look at each. One whose flag another program took away may be among them.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How many there are.</returns>
    Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default);

    /// <summary>Takes a session's live flag away, whoever runs it, and tells the owner.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">
    /// The run, when another run's flag is to stay. A request that comes again within <see cref="StreamRules.CancelMemory"/> changes nothing and gets the answer that it got first. Null: whatever
    /// run there is, and the request is not remembered.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if the flag was there and its run is not sealed (<see cref="IRunStore.SealAsync"/>): for one request only.</returns>
    Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default);
}
