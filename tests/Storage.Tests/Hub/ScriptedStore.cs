namespace AgentStream.Storage.Tests.Hub;

/// <summary>Stands between the hub and a log: counts what the hub asks for, and does at each question what a test wants.</summary>
internal sealed class ScriptedStore(IStreamStore inner) : IStreamStore
{
    private int _reads;
    private int _watches;

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>How many watches are held now.</summary>
    public int Watches => Volatile.Read(ref _watches);

    public Func<Task> BeforeRead { get; set; } = () => Task.CompletedTask;

    public Func<StreamSlice, Task<StreamSlice>> AfterRead { get; set; } = Task.FromResult;

    public Func<Task> BeforeWatch { get; set; } = () => Task.CompletedTask;

    public bool LoseNotices { get; set; }

    public async Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reads);
        await BeforeRead();
        return await AfterRead(await inner.ReadAsync(key, after, count, cancellationToken));
    }

    public async Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default)
    {
        await BeforeWatch();
        var watch = await inner.WatchAsync(
            key,
            notice =>
            {
                if (!LoseNotices)
                {
                    notified(notice);
                }
            },
            cancellationToken);
        Interlocked.Increment(ref _watches);
        return new Watched(this, watch);
    }

    public Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default) => inner.StartAsync(run, limits, cancellationToken);

    public Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default) =>
        inner.AppendAsync(run, number, events, cancellationToken);

    public Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default) =>
        inner.FinishAsync(run, number, events, gracePeriod, cancellationToken);

    public Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default) =>
        inner.SealAsync(run, isSealed, cancellationToken);

    public Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default) => inner.CancelAsync(key, request, cancellationToken);

    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) => inner.IsLiveAsync(key, cancellationToken);

    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default) =>
        inner.WatchRunsAsync(siloId, canceled, cancellationToken);

    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default) =>
        inner.GetLiveSessionsAsync(user, includeExternal, cancellationToken);

    public Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default) => inner.CountLiveSessionsAsync(user, cancellationToken);

    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default) =>
        inner.RenewLeaseAsync(siloId, lease, cancellationToken);

    public Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default) =>
        inner.CheckAsync(runs, cancellationToken);

    public Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default) =>
        inner.FindOrphanedAsync(count, cancellationToken);

    public Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default) =>
        inner.FindRunAsync(key, runId, cancellationToken);

    public Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default) => inner.FindRunAtAsync(key, entry, cancellationToken);

    public Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default) => inner.FindOwnedAsync(siloId, cancellationToken);

    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default) => inner.HandOffAsync(run, cancellationToken);

    public Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default) =>
        inner.RecoverAsync(orphan, siloId, cancellationToken);

    private sealed class Watched(ScriptedStore log, IAsyncDisposable watch) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await watch.DisposeAsync();
            Interlocked.Decrement(ref log._watches);
        }
    }
}
