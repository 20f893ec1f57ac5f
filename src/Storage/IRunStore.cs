namespace AgentStream.Storage;

/// <summary>What the owner of a run does with it. Each operation proves in the same atomic step that the run still owns its session.</summary>
public interface IRunStore
{
    /// <summary>
    /// Takes ownership of a session for a run: empties the stream, raises the live flag and adds <c>begin</c>.
    /// Repeated with the same run, it answers as the first time.
    /// </summary>
    /// <param name="run">The run that is to own the session.</param>
    /// <param name="limits">How many runs may be live (<see cref="UsageLimits.LiveRuns"/>): it starts only if its user and its scope have fewer. Null for any number.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The cursor of <c>begin</c>.</returns>
    /// <exception cref="LimitExceededException">There are as many live runs as may be. Nothing was changed.</exception>
    /// <exception cref="SessionBusyException">
    /// Another run owns the session (also one whose process has lost its lease: it is to be recovered and brought to its end), or another library's run is under way: it is live, or was canceled and
    /// has not stopped yet, and its stream moved within the last <see cref="StreamRules.ForeignSilence"/>.
    /// </exception>
    Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default);

    /// <summary>Adds events behind those of the run, if the run still owns the session, and publishes that there are some.</summary>
    /// <param name="run">The run.</param>
    /// <param name="number">
    /// The number of this append: 1 for the run's first, a greater one for each next. One that is not greater than the last changes nothing:
    /// it answers how the run stands now, and the cursor of the run's last entry.
    /// </param>
    /// <param name="events">The events, in order; may be empty, to ask for the status alone.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stands. When it is lost, nothing was added.</returns>
    Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default);

    /// <summary>
    /// Seals a live run, because it is about to end: from here on <see cref="IStreamReader.CancelAsync"/> answers false. So a cancel that answers true is followed by an end as canceled. Repeated, it changes
    /// nothing and answers how the run stands.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="isSealed">False to open a run again that a process had sealed and not ended before another recovered it.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stands. Only a live one is sealed; a canceled one is to end as canceled.</returns>
    Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a run, if it still owns the session: adds the last events and <c>end</c>, takes the live flag and the ownership away,
    /// and lets the stream expire after the grace period. Repeated within <see cref="StreamRules.EndedMemory"/>, it changes nothing and answers as the first time.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="number">The number of this append, as for <see cref="AppendAsync"/>. If it is not greater than the last, the events are there already and only <c>end</c> is added.</param>
    /// <param name="events">The last events before <c>end</c>; may be empty.</param>
    /// <param name="gracePeriod">How long the stream stays, in whole milliseconds; at least <see cref="StreamRules.LeastGrace"/>, even if less is asked for.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How the run stood; <see cref="AppendResult.Last"/> is the cursor of <c>end</c>. When it is lost, nothing was added.</returns>
    Task<AppendResult> FinishAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives a run away: its owner is nobody then, and any process may recover it at once (<see cref="ISiloStore.FindOrphanedAsync"/> finds it). The run stays the same run. Whatever the old owner
    /// still writes is refused. A run that the process does not own, or that has ended, is left as it is.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when the run is nobody's.</returns>
    Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes another process the owner of a run whose process has lost its lease. The run continues as the same run: stream, live flag and append numbers stay.
    /// Whatever the old owner still writes is refused. Repeated, it answers as the first time, as long as the run has not moved.
    /// </summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    /// <param name="siloId">The new owner; its lease is renewed.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The run; null when it is not abandoned any more: somebody else has it, its process has its lease again, or it has ended.</returns>
    Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default);

    /// <summary>Puts a run that its process owns back into the lists that others find it by, should it be missing there. A run that the process does not own, or that has ended, is left as it is.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is there; at once in a log that no other program writes to.</returns>
    Task KeepAsync(RunToken run, CancellationToken cancellationToken = default) => Task.CompletedTask;
}
