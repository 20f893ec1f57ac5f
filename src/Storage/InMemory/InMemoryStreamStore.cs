using System.Collections.Concurrent;
using AgentStream.Storage.Ownership;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.InMemory;

/// <summary>The log in this process's memory: the same promises as the one in Redis, for one process, for as long as it lives.</summary>
/// <remarks>Sessions have a lock each, so they do not wait for one another. An ended session's memory goes away by itself.</remarks>
public sealed class InMemoryStreamStore : IStreamStore, IDisposable
{
    private static readonly AppendResult Lost = new(RunStatus.Lost, Cursor.Start);

    private readonly ConcurrentDictionary<SessionKey, MemorySession> _sessions = new();
    private readonly LiveSessions _live = new();
    private readonly MemoryLeases _leases;
    private readonly RunWatchers _runWatchers = new();
    private readonly AgentStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly ExpiryQueue _expiry;

    // Cursors of a session never go back, also when the session was forgotten in between and the clock was set back.
    private ulong _forgotten;

    /// <summary>Makes an empty log.</summary>
    /// <param name="options">The settings: the lease and the origin of <c>begin</c> and <c>end</c>.</param>
    /// <param name="time">The clock of cursors, leases and expiry.</param>
    public InMemoryStreamStore(IOptions<AgentStreamOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options.Value;
        _time = time;
        _origin = time.GetTimestamp();
        _leases = new(Now);
        _expiry = new(time, Now, key => Use(key, true, session => session.IsEmpty));
    }

    /// <summary>How many sessions take up memory.</summary>
    internal int SessionCount => _sessions.Count;

    /// <summary>How many watches there are, of sessions and of processes.</summary>
    internal int WatchCount => _sessions.Values.Sum(session => session.Watchers.Count) + _runWatchers.Count;

    /// <inheritdoc/>
    public Task<Cursor> StartAsync(RunToken run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        cancellationToken.ThrowIfCancellationRequested();
        string? busy = null;
        var (isNew, hasPast) = (false, false);
        var pastDue = Now() + StreamRules.PastStay;
        var begin = Change(run.Key, session =>
        {
            isNew = session.Owner?.Run != run;
            if (!isNew)
            {
                _leases.Renew(run.SiloId, _options.Lease);
                return session.Owner!.Begin;
            }

            if (session.Owner is { HasEnded: false } owner)
            {
                busy = StoreErrors.OwnedBy(owner.Run.SiloId);
                return Cursor.Start;
            }

            _leases.Renew(run.SiloId, _options.Lease);
            _live.Add(run.Key);
            var started = session.Begin(run, _options.RuntimeOrigin, BeginBody.Of(run.Key), Milliseconds(session), pastDue);
            hasPast = session.HasPast;
            return started;
        });

        if (busy is not null)
        {
            return Task.FromException<Cursor>(new SessionBusyException(run.Key.ToString(), busy));
        }

        if (isNew)
        {
            if (hasPast)
            {
                _expiry.Add(run.Key, pastDue);
            }

            Notify(run.Key, StreamNoticeKind.Grown);
        }

        return Task.FromResult(begin);
    }

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var result = Use(run.Key, Lost, session => session.Append(run, number, events, Milliseconds(session)));
        if (events.Count > 0 && result.Status != RunStatus.Lost)
        {
            Notify(run.Key, StreamNoticeKind.Grown);
        }

        return Task.FromResult(result);
    }

    /// <inheritdoc/>
    public Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var streamDue = Now() + StreamRules.KeepStream(gracePeriod);
        var ownerDue = Now() + StreamRules.RememberEnded(gracePeriod);
        var isNew = false;
        var result = Use(run.Key, Lost, session =>
        {
            isNew = session.Check(run) != RunStatus.Lost;
            var finished = session.Finish(run, number, events, _options.RuntimeOrigin, Milliseconds(session), streamDue, ownerDue);
            if (isNew)
            {
                _live.Remove(run.Key);
            }

            return finished;
        });
        if (isNew)
        {
            _expiry.Add(run.Key, streamDue);
            _expiry.Add(run.Key, ownerDue);
            Notify(run.Key, StreamNoticeKind.Grown);
        }

        return Task.FromResult(result);
    }

    /// <inheritdoc/>
    public Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use(run.Key, RunStatus.Lost, session => session.Seal(run, isSealed)));
    }

    /// <inheritdoc/>
    public Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        RunToken? owner = null;
        var canceled = Use(key, false, session =>
        {
            owner = session.Owner?.Run;
            var wasLive = session.Cancel();
            if (wasLive)
            {
                _live.Remove(key);
            }

            return wasLive;
        });
        if (canceled)
        {
            _runWatchers.Tell(owner!);
            Notify(key, StreamNoticeKind.Canceled);
        }

        return Task.FromResult(canceled);
    }

    /// <inheritdoc/>
    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use(key, false, session => session.LiveRun is not null));
    }

    /// <inheritdoc/>
    public Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use<RunInfo?>(key, null, session => session.Find(runId)));
    }

    /// <inheritdoc/>
    public Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use<RunInfo?>(key, null, session => session.FindAt(entry)));
    }

    /// <inheritdoc/>
    public Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Use(key, new StreamSlice([], IsOpen: false), session => session.Read(after, count)));
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(notified);
        cancellationToken.ThrowIfCancellationRequested();

        // A delegate of its own, so that two watches with the same callback stay two.
        Action<StreamNotice> watcher = notice => notified(notice);
        Change(key, session =>
        {
            session.Watchers.Add(watcher);
            return true;
        });
        return Task.FromResult<IAsyncDisposable>(new Disposal(() => Use(key, false, session => session.Watchers.Remove(watcher))));
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        ArgumentNullException.ThrowIfNull(canceled);
        cancellationToken.ThrowIfCancellationRequested();
        Action<RunToken?> watcher = run => canceled(run);
        _runWatchers.Add(siloId, watcher);
        return Task.FromResult<IAsyncDisposable>(new Disposal(() => _runWatchers.Remove(siloId, watcher)));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_live.Of(user));
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

    /// <summary>Stops the timer that forgets ended sessions.</summary>
    public void Dispose() => _expiry.Dispose();

    private TimeSpan Now() => _time.GetElapsedTime(_origin);

    private ulong Milliseconds(MemorySession session)
    {
        var now = (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();
        return session.Last == Cursor.Start ? Math.Max(now, Volatile.Read(ref _forgotten) + 1) : now;
    }

    private T Change<T>(SessionKey key, Func<MemorySession, T> change)
    {
        while (true)
        {
            var session = _sessions.GetOrAdd(key, static key => new MemorySession(key));
            lock (session.Gate)
            {
                if (!session.IsRemoved)
                {
                    return Look(session, change);
                }
            }
        }
    }

    private T Use<T>(SessionKey key, T absent, Func<MemorySession, T> use)
    {
        if (!_sessions.TryGetValue(key, out var session))
        {
            return absent;
        }

        lock (session.Gate)
        {
            return session.IsRemoved ? absent : Look(session, use);
        }
    }

    private T Look<T>(MemorySession session, Func<MemorySession, T> look)
    {
        session.Expire(Now());
        var answer = look(session);
        if (session.IsEmpty)
        {
            Forget(session);
        }

        return answer;
    }

    private void Forget(MemorySession session)
    {
        session.IsRemoved = true;
        _sessions.TryRemove(session.Key, out _);
        var last = session.Last.Milliseconds;
        for (var seen = Volatile.Read(ref _forgotten); seen < last;)
        {
            var was = Interlocked.CompareExchange(ref _forgotten, last, seen);
            seen = was == seen ? last : was;
        }
    }

    private void Notify(SessionKey key, StreamNoticeKind kind)
    {
        foreach (var watcher in Use(key, [], session => session.Watchers.ToArray()))
        {
            watcher(new(kind));
        }
    }
}
