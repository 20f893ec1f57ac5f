using System.Collections.Concurrent;

namespace AgentStream.Storage.Tests.Ownership;

/// <summary>Counts what the lease service asks of a log, and fails it where a test wants.</summary>
internal sealed class LeaseStore(IStreamStore inner) : IStreamStore
{
    private int _renewals;
    private int _checks;
    private int _tries;

    public int Renewals => Volatile.Read(ref _renewals);

    public int Checks => Volatile.Read(ref _checks);

    /// <summary>What was asked for, check by check.</summary>
    public ConcurrentQueue<IReadOnlyList<RunToken>> Checked { get; } = new();

    public int Tries => Volatile.Read(ref _tries);

    public bool IsAway { get; set; }

    /// <summary>What each operation throws while a test wants it to.</summary>
    public Func<Exception>? Fault { get; set; }

    /// <summary>Whether renewals have no answer, until their token comes.</summary>
    public bool Hangs { get; set; }

    /// <summary>Whether there is a renewal that has no answer.</summary>
    public bool IsHanging { get; private set; }

    public bool LoseNotices { get; set; }

    public Action<RunToken?>? RunWatcher { get; private set; }

    public async Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        Try();
        if (Hangs)
        {
            IsHanging = true;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                IsHanging = false;
            }
        }

        await inner.RenewLeaseAsync(siloId, lease, cancellationToken);
        Interlocked.Increment(ref _renewals);
    }

    public async Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default)
    {
        Try();
        var statuses = await inner.CheckAsync(runs, cancellationToken);
        Checked.Enqueue([.. runs]);
        Interlocked.Increment(ref _checks);
        return statuses;
    }

    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default)
    {
        RunWatcher = canceled;
        return inner.WatchRunsAsync(
            siloId,
            run =>
            {
                if (!LoseNotices)
                {
                    canceled(run);
                }
            },
            cancellationToken);
    }

    public Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    private void Try()
    {
        Interlocked.Increment(ref _tries);
        if (IsAway)
        {
            throw new StorageUnavailableException("away");
        }

        if (Fault is { } fault)
        {
            throw fault();
        }
    }
}
