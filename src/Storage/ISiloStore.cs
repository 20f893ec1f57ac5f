namespace AgentStream.Storage;

/// <summary>What a silo does for all its runs: it keeps its lease, hears of cancels, and finds runs whose silo is gone.</summary>
public interface ISiloStore
{
    /// <summary>Renews this process's lease on all its runs.</summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="lease">How long the lease is to hold from now; zero or less gives it up, so that others may take the runs over at once.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is renewed.</returns>
    Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>How runs stand: the cheap question that an owner asks once a second, for a live flag that was taken away without a notice.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A status for each run, in their order.</returns>
    Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks to be told of the cancels of all runs that a process owns. This is one watch a process, however many runs it has;
    /// a flag that is taken away by other means than <see cref="IStreamReader.CancelAsync"/> is not noticed, so ask <see cref="CheckAsync"/> too.
    /// </summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="canceled">Called with each canceled run, on any thread; null says that notices may have been lost. It must not block.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Ends the watch when disposed. Once this has been answered, every later cancel is noticed.</returns>
    Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default);

    /// <summary>The sessions whose run a process owns, as the log has it.</summary>
    /// <param name="siloId">The process's id.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions.</returns>
    Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default);

    /// <summary>Finds runs whose process has lost its lease.</summary>
    /// <param name="count">The most runs to find of one process; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The runs, with the owners that they had.</returns>
    Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default);
}
