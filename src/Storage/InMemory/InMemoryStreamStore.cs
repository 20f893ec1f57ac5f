using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.InMemory;

/// <summary>The log in this process's memory: the same promises as the one in Redis, for one process, for as long as it lives.</summary>
/// <remarks>Sessions have a lock each, so they do not wait for one another. An ended session's memory goes away by itself.</remarks>
public sealed partial class InMemoryStreamStore : IStreamStore, IDisposable
{
    private static readonly AppendResult Lost = new(RunStatus.Lost, Cursor.Start);

    private readonly ConcurrentDictionary<SessionKey, MemorySession> _sessions = new();
    private readonly LiveSessions _live = new();
    private readonly MemoryLeases _leases;
    private readonly Watchers<string, RunToken?> _runWatchers = new();
    private readonly CancelAnswers _cancels;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly ExpiryQueue _expiry;

    // Cursors of a session never go back, also when the session was forgotten in between and the clock was set back.
    private ulong _forgotten;

    /// <summary>Makes an empty log.</summary>
    /// <param name="options">The settings: the lease and the origin of <c>begin</c> and <c>end</c>.</param>
    /// <param name="time">The clock of cursors, leases and expiry.</param>
    public InMemoryStreamStore(IOptions<StorageOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options.Value;
        _time = time;
        _origin = time.GetTimestamp();
        _leases = new(Now);
        _cancels = new(Now);
        _expiry = new(time, Now, key => Use(key, true, session => session.IsEmpty));
    }

    /// <summary>How many sessions take up memory.</summary>
    internal int SessionCount => _sessions.Count;

    /// <summary>How many watches there are, of sessions and of processes.</summary>
    internal int WatchCount => _sessions.Values.Sum(session => session.Watchers.Count) + _runWatchers.Count;

    /// <inheritdoc/>
    public Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        cancellationToken.ThrowIfCancellationRequested();
        AgentStreamException? refusal = null;
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
                refusal = new SessionBusyException(run.Key.ToString(), StoreErrors.OwnedBy(owner.Run.SiloId));
                return Cursor.Start;
            }

            try
            {
                _live.Add(run.Key, limits);
            }
            catch (LimitExceededException e)
            {
                refusal = e;
                return Cursor.Start;
            }

            _leases.Renew(run.SiloId, _options.Lease);
            var started = session.Begin(run, _options.RuntimeOrigin, BeginBody.Of(run.Key), Milliseconds(session), pastDue);
            hasPast = session.HasPast;
            return started;
        });

        if (refusal is not null)
        {
            return Task.FromException<Cursor>(refusal);
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
