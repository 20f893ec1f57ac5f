using AgentStream.Storage.Ownership;

namespace AgentStream.Storage.InMemory;

/// <summary>What a silo does for its runs, and what becomes of runs whose silo is gone.</summary>
public sealed partial class InMemoryStreamStore
{
    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        ArgumentNullException.ThrowIfNull(canceled);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IAsyncDisposable>(_runWatchers.Add(siloId, canceled));
    }

    /// <inheritdoc/>
    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        cancellationToken.ThrowIfCancellationRequested();
        _leases.Renew(siloId, lease);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use(run.Key, false, session => session.Release(run)));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<SessionKey>>(
            [.. _sessions.Values.Where(session => session.Owner is { HasEnded: false } owner && owner.Run.SiloId == siloId).Select(session => session.Key)]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        cancellationToken.ThrowIfCancellationRequested();

        // Of a process that is alone with its memory only those are orphaned that it has handed off itself.
        var isAlone = _leases.SilosSeen < 2;
        IEnumerable<RunToken> orphans = _sessions.Values.Select(session => session.Owner).OfType<MemoryOwner>()
                .Where(owner => !owner.HasEnded && (isAlone ? owner.Run.SiloId == SiloIdentity.Nobody : !_leases.Holds(owner.Run.SiloId))).Select(owner => owner.Run)
                .GroupBy(run => run.SiloId).SelectMany(silo => silo.Take(count));
        return Task.FromResult<IReadOnlyList<RunToken>>([.. orphans]);
    }

    /// <inheritdoc/>
    public Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orphan);
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        cancellationToken.ThrowIfCancellationRequested();
        var taken = orphan.For(siloId);
        return Task.FromResult(Use<RecoveredRun?>(orphan.Key, null, session =>
        {
            if (session.Owner is not { HasEnded: false } owner || (owner.Run != taken && (owner.Run != orphan || _leases.Holds(orphan.SiloId))))
            {
                return null;
            }

            _leases.Renew(siloId, _options.Lease);
            owner.Run = taken;
            return new(taken, owner.Number, owner.Begin, session.Check(taken), owner.IsSealed);
        }));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runs);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<RunStatus>>(
            [.. runs.Select(run => Use(run.Key, RunStatus.Lost, session => session.Check(run)))]);
    }
}
