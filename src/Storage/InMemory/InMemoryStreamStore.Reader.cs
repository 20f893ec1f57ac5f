namespace AgentStream.Storage.InMemory;

/// <summary>What anybody may do: cancel, find, read, watch, list.</summary>
public sealed partial class InMemoryStreamStore
{
    /// <inheritdoc/>
    public Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(request is null ? Cancel(key) : _cancels.Get(key, request, () => Cancel(key, request.RunId)));
    }

    private bool Cancel(SessionKey key, string? runId = null)
    {
        RunToken? owner = null;
        var canceled = Use(key, false, session =>
        {
            owner = session.Owner?.Run;
            var wasLive = session.Cancel(runId);
            if (wasLive)
            {
                _live.Remove(key);
            }

            return wasLive;
        });
        if (canceled)
        {
            _runWatchers.Tell(owner!.SiloId, owner);
            Notify(key, StreamNoticeKind.Canceled);
        }

        return canceled;
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
    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_live.Of(user));
    }

    /// <inheritdoc/>
    public Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_live.Count(user));
    }
}
