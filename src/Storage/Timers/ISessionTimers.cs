namespace AgentStream.Storage.Timers;

/// <summary>
/// The sessions by the time at which somebody has to look at them: those whose requests expire (<see cref="AgentStreamOptions.ApprovalTimeout"/>), or whose prompts are to come (<see cref="ScheduleRequest"/>). It stands next to the journal and lasts as long, and
/// is only a hint: what is due is in the journal. A session has one time at the most. Times are kept in whole milliseconds. A user with a database of their own may implement this, too.
/// </summary>
public interface ISessionTimers
{
    /// <summary>Gets whether another process, or this one when it starts again, finds what was kept.</summary>
    bool OutlivesProcess => true;

    /// <summary>Sets the time of a session. An earlier or later one that it has is replaced.</summary>
    /// <param name="owner">The run that owns the session; an index that several processes share proves its ownership in the same atomic step.</param>
    /// <param name="due">The time.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when the time is kept, as lastingly as the journal's records are.</returns>
    /// <exception cref="OwnershipLostException">The run lost its session. Nothing was changed.</exception>
    ValueTask SetAsync(RunToken owner, DateTimeOffset due, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes sessions whose time has come. In the same atomic step they get a later time, so that no other process takes them meanwhile, and one that fails does not stand in the way of others. A session
    /// that is not cleared is due again then.
    /// </summary>
    /// <param name="now">The time now: what is due at it is taken, and what was due before.</param>
    /// <param name="again">The later time that the sessions get.</param>
    /// <param name="count">The most sessions to take; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions, the one that is due longest first.</returns>
    ValueTask<IReadOnlyList<SessionKey>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default);

    /// <summary>Removes a session's time, if it is still a certain one. One that is not there is no error.</summary>
    /// <param name="key">The session.</param>
    /// <param name="due">The time that it must have.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is out, or was left because it is another.</returns>
    ValueTask ClearAsync(SessionKey key, DateTimeOffset due, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives a session another time, if its time is still a certain one. Only this makes a session that was taken wait for its next time: an implementation that leaves it out, as the default does, has
    /// its sessions looked at more often than it has to.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="due">The time that it must have.</param>
    /// <param name="next">The time that it gets.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it has the time, or was left because it has another, or none.</returns>
    ValueTask MoveAsync(SessionKey key, DateTimeOffset due, DateTimeOffset next, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Removes a session's time, whatever it is.</summary>
    /// <param name="owner">The run that owns the session meanwhile, as in <see cref="SetAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is out, or was left because the run has lost the session.</returns>
    ValueTask RemoveAsync(RunToken owner, CancellationToken cancellationToken = default);
}
