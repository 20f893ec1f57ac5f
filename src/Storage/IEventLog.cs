namespace AgentStream.Storage;

/// <summary>
/// The log of each session's current run: who owns it, what it said, whether it is live. Every operation is one atomic step.
/// There are two: in Redis for any number of processes, in memory for one.
/// </summary>
/// <remarks>
/// Every operation but those of the memory log may throw <see cref="LogUnavailableException"/>; then it is not known whether it took place, and it may be repeated. Each may also throw
/// <see cref="LogRefusedException"/>, which is about one session or one right, and of no use to repeat.
/// </remarks>
public interface IEventLog
{
    /// <summary>
    /// Takes ownership of a session for a run: empties the stream, raises the live flag and adds <c>begin</c>.
    /// Repeated with the same run, it answers as the first time.
    /// </summary>
    /// <param name="run">The run that is to own the session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The cursor of <c>begin</c>.</returns>
    /// <exception cref="SessionBusyException">
    /// Another run owns the session (also one whose process has lost its lease: it is to be taken over and brought to its end), or another library's run is under way: it is live, or was canceled and
    /// has not stopped yet, and its stream moved within the last <see cref="LogRules.ForeignSilence"/>.
    /// </exception>
    Task<Cursor> StartAsync(RunToken run, CancellationToken cancellationToken = default);

    /// <summary>Adds events behind those of the run, if the run still owns the session, and publishes that there are some.</summary>
    /// <param name="run">The run.</param>
    /// <param name="number">
    /// The number of this append: 1 for the run's first, a greater one for each next. One that is not greater than the last changes nothing:
    /// it answers how the run stands now, and the cursor of the run's last entry.
    /// </param>
    /// <param name="events">The events, in order; may be empty, to ask for the status alone.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stands. When it is lost, nothing was added.</returns>
    Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEvent> events, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a run, if it still owns the session: adds the last events and <c>end</c>, takes the live flag and the ownership away,
    /// and lets the stream expire after the grace period. Repeated within <see cref="LogRules.EndedMemory"/>, it changes nothing and answers as the first time.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="number">The number of this append, as for <see cref="AppendAsync"/>. If it is not greater than the last, the events are there already and only <c>end</c> is added.</param>
    /// <param name="events">The last events before <c>end</c>; may be empty.</param>
    /// <param name="gracePeriod">How long the stream stays, in whole milliseconds; at least <see cref="LogRules.LeastGrace"/>, even if less is asked for.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stood; <see cref="AppendResult.Last"/> is the cursor of <c>end</c>. When it is lost, nothing was added.</returns>
    Task<AppendResult> FinishAsync(RunToken run, long number, IReadOnlyList<NewEvent> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default);

    /// <summary>
    /// Seals a live run, because it is about to end: from here on <see cref="CancelAsync"/> answers false. So a cancel that answers true is followed by an end as canceled. Repeated, it changes
    /// nothing and answers how the run stands.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="isSealed">False to open a run again that a process had sealed and not ended before another took it over.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stands. Only a live one is sealed; a canceled one is to end as canceled.</returns>
    Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default);

    /// <summary>Takes a session's live flag away, whoever runs it, and tells the owner.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if the flag was there and its run is not sealed (<see cref="SealAsync"/>): for one caller only.</returns>
    Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Whether a session's live flag is there.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if it is.</returns>
    Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>A session's run of ours: the one under way, or the last one for at least <see cref="LogRules.EndedMemory"/> behind its end.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">Which run; also one of the <see cref="LogRules.PastRuns"/> before the last. Null for the last.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when there is none.</returns>
    Task<KnownRun?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default);

    /// <summary>The run of ours that an entry is of: the session's last, or one of the <see cref="LogRules.PastRuns"/> before it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="entry">The entry's cursor.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when it is not known any more.</returns>
    Task<KnownRun?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default);

    /// <summary>Reads events of a session behind a cursor, without waiting for more.</summary>
    /// <remarks>
    /// That is the rest of a past run when the cursor stands directly before its <c>begin</c> or within it, and the run is one of the last <see cref="LogRules.PastRuns"/> and ended no longer ago
    /// than <see cref="LogRules.PastStay"/>. Otherwise it is the current run.
    /// </remarks>
    /// <param name="key">The session.</param>
    /// <param name="after">Events behind this place; <see cref="Cursor.Start"/> for all of the current run.</param>
    /// <param name="count">The most events to read; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The events, and whether more may come.</returns>
    Task<LogSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default);

    /// <summary>Asks to be told when a session's stream has grown, or its run was canceled.</summary>
    /// <param name="key">The session.</param>
    /// <param name="notified">Called for each notice, on any thread; it must not block. Notices may be lost with a connection, and none come from streams that another library writes.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Ends the watch when disposed. Once this has been answered, every later append is noticed.</returns>
    Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<LogNotice> notified, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks to be told of the cancels of all runs that a process owns. This is one watch a process, however many runs it has;
    /// a flag that is taken away by other means than <see cref="CancelAsync"/> is not noticed, so ask <see cref="CheckAsync"/> too.
    /// </summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="canceled">Called with each canceled run, on any thread; null says that notices may have been lost. It must not block.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Ends the watch when disposed. Once this has been answered, every later cancel is noticed.</returns>
    Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default);

    /// <summary>The live sessions of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="includeForeign">Also those that another library started, found by a scan over all keys. Ids that break <see cref="SessionKey.SessionRule"/> are left out.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions whose live flag is there, sorted by session id.</returns>
    Task<IReadOnlyList<SessionKey>> QueryAsync(UserKey user, bool includeForeign = false, CancellationToken cancellationToken = default);

    /// <summary>Renews this process's lease on all its runs.</summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="lease">How long the lease is to hold from now; zero or less gives it up, so that others may take the runs over at once.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is renewed.</returns>
    Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives a run away: its owner is nobody then, and any process may take it over at once (<see cref="FindAbandonedAsync"/> finds it). The run stays the same run. Whatever the old owner
    /// still writes is refused. A run that the process does not own, or that has ended, is left as it is.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when the run is nobody's.</returns>
    Task ReleaseAsync(RunToken run, CancellationToken cancellationToken = default);

    /// <summary>How runs stand: the cheap question that an owner asks once a second, for a live flag that was taken away without a notice.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A status for each run, in their order.</returns>
    Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default);

    /// <summary>Puts a run that its process owns back into the lists that others find it by, should it be missing there. A run that the process does not own, or that has ended, is left as it is.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is there; at once in a log that no other program writes to.</returns>
    Task KeepAsync(RunToken run, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>The sessions whose run a process owns, as the log has it.</summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions.</returns>
    Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default);

    /// <summary>Finds runs whose process has lost its lease.</summary>
    /// <param name="count">The most runs to find of one process; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The runs, with the owners that they had.</returns>
    Task<IReadOnlyList<RunToken>> FindAbandonedAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes another process the owner of a run whose process has lost its lease. The run goes on as the same run: stream, live flag and append numbers stay.
    /// Whatever the old owner still writes is refused. Repeated, it answers as the first time, as long as the run has not moved.
    /// </summary>
    /// <param name="abandoned">The run, with the owner that it had.</param>
    /// <param name="siloId">The new owner; its lease is renewed.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when it is not abandoned any more: somebody else has it, its process has its lease again, or it has ended.</returns>
    Task<TakenRun?> TakeOverAsync(RunToken abandoned, string siloId, CancellationToken cancellationToken = default);
}
