using AgentStream.Storage;

namespace AgentStream.Simulation.Tests;

/// <summary>The real log in Redis as a silo sees it: over a network that the schedule has in its hands. What really happened goes into the book.</summary>
internal sealed class SiloStore(World world, Silo? silo) : IStreamStore
{
    private Book Book => world.Book;

    public Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default) => SendAsync(
        $"start {Book.Name(run)}", () => Book.StartAsync(run, () => world.Log.StartAsync(run, limits, CancellationToken.None)), cancellationToken);

    public Task<AppendResult> AppendAsync(RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default)
    {
        number = world.Mutant.NumberOf(number);
        return SendAsync(
            $"append {number} of {Book.Name(run)}, {events.Count} events",
            async () => Book.Appended(run, events, await world.Log.AppendAsync(run, number, events, CancellationToken.None)),
            cancellationToken);
    }

    public Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default) => SendAsync(
        $"finish {Book.Name(run)}",
        async () => Book.Finished(run, await world.Log.FinishAsync(run, number, events, gracePeriod, CancellationToken.None)),
        cancellationToken);

    public Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default) => SendAsync(
        $"{(isSealed ? "seal" : "open")} {Book.Name(run)}", async () => Book.Sealed(run, isSealed, await world.Log.SealAsync(run, isSealed, CancellationToken.None)), cancellationToken);

    public Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default) => SendAsync(
        $"cancel {key.Session}", async () => Book.Canceled(key, await world.Log.CancelAsync(key, request, CancellationToken.None)), cancellationToken);

    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        SendAsync($"is {key.Session} live", () => world.Log.IsLiveAsync(key, CancellationToken.None), cancellationToken);

    public Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default) =>
        SendAsync($"find the run of {key.Session}", () => world.Log.FindRunAsync(key, runId, CancellationToken.None), cancellationToken);

    public Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Readers of a simulation follow sessions.");

    public Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default) =>
        SendAsync("find owned", () => world.Log.FindOwnedAsync(siloId, CancellationToken.None), cancellationToken);

    public Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default) =>
        SendAsync($"read {key.Session}", () => world.Log.ReadAsync(key, after, count, CancellationToken.None), cancellationToken);

    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default) => SendAsync(
        "query", async () => Book.Queried(await world.Log.GetLiveSessionsAsync(user, includeExternal, CancellationToken.None)), cancellationToken);

    public Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default) => SendAsync(
        "count", () => world.Log.CountLiveSessionsAsync(user, CancellationToken.None), cancellationToken);

    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default) => SendAsync(
        "renew",
        async () =>
        {
            await world.Log.RenewLeaseAsync(siloId, lease, CancellationToken.None);
            return Book.Leased(siloId, lease > TimeSpan.Zero);
        },
        cancellationToken);

    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default) => SendAsync(
        $"hand off {Book.Name(run)}",
        async () =>
        {
            await world.Log.HandOffAsync(run, CancellationToken.None);
            return Book.Released(run);
        },
        cancellationToken);

    public Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default) => SendAsync(
        $"check {runs.Count} runs", async () => Book.Checked(runs, await world.Log.CheckAsync(runs, CancellationToken.None)), cancellationToken);

    public Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default) => SendAsync(
        "find orphaned", async () => Book.Found(await world.Log.FindOrphanedAsync(count, CancellationToken.None)), cancellationToken);

    public Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default) => SendAsync(
        $"recover {Book.Name(orphan)}",
        async () => Book.Taken(orphan, siloId, await world.Log.RecoverAsync(orphan, siloId, CancellationToken.None)),
        cancellationToken);

    /// <summary>No notice ever arrives: who waits for one looks by itself.</summary>
    public Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default) =>
        Task.FromResult<IAsyncDisposable>(new MemoryStream());

    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The schedule brings the notices.");

    private Task<T> SendAsync<T>(string what, Func<Task<T>> carryOut, CancellationToken cancellationToken) =>
        world.Network.SendAsync(silo, what, carryOut, cancellationToken);
}
