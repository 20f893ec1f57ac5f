using System.Text;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>The log in Redis, for any number of processes. Every change is one Lua script: it happens whole, or not at all.</summary>
public sealed class RedisStreamStore : IStreamStore, IDisposable
{
    private static readonly RedisScript StartScript = RedisScript.Named("start.lua");
    private static readonly RedisScript AppendScript = RedisScript.Named("append.lua");
    private static readonly RedisScript FinishScript = RedisScript.Named("finish.lua");
    private static readonly RedisScript SealScript = RedisScript.Named("seal.lua");
    private static readonly RedisScript CancelScript = RedisScript.Named("cancel.lua");

    private readonly RedisConnection _redis;
    private readonly RedisNotices _notices;
    private readonly RedisLiveSessions _live;
    private readonly RedisOwnership _ownership;
    private readonly RedisStreamReader _reader;
    private readonly StorageOptions _options;
    private readonly string _prefix;

    /// <summary>Makes the log.</summary>
    /// <param name="redis">The connection; it has to be open before the log is used.</param>
    /// <param name="options">The settings: the prefix, the lease, the origin of <c>begin</c> and <c>end</c>.</param>
    /// <param name="logger">Takes what is found among the keys that AgentStream does not write; null for none.</param>
    public RedisStreamStore(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisStreamStore>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(redis);
        ArgumentNullException.ThrowIfNull(options);
        var lines = (logger ?? NullLogger<RedisStreamStore>.Instance).Safe();
        _redis = redis;
        _notices = new(redis, lines);
        _options = options.Value;
        _prefix = _options.RedisPrefix;
        _live = new(redis, _prefix);
        _ownership = new(redis, _options, lines);
        _reader = new(redis, _prefix);
    }

    /// <summary>How many channels this log is subscribed to.</summary>
    internal int ChannelCount => _notices.ChannelCount;

    /// <inheritdoc/>
    public async Task<Cursor> StartAsync(RunToken run, LimitOptions? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var keys = new RedisKeys(_prefix, run.Key);
        var answer = await _redis.ScriptAsync(
            $"start run {run.RunId} of session {run.Key}",
            StartScript,
            [
                keys.Stream, keys.Live, keys.Owner, RedisKeys.Lease(_prefix, run.SiloId), RedisKeys.SiloRuns(_prefix, run.SiloId), Registry(run.Key),
                RedisKeys.AllSilos(_prefix), ScopeRegistry(run.Key),
            ],
            [
                run.SiloId, run.Fence, RedisKeys.Milliseconds(_options.Lease), RedisKeys.Milliseconds(StreamRules.ForeignSilence),
                _options.RuntimeOrigin, BeginBody.Of(run.Key), run.Key.Session, run.Key.ToString(), keys.Notice,
                StreamRules.PastRuns, RedisKeys.Milliseconds(StreamRules.PastStay), limits?.PerUser.LiveRuns ?? 0, limits?.PerScope.LiveRuns ?? 0,
                RedisKeys.Sessions(_prefix, run.Key.UserKey), RedisKeys.Sessions(_prefix, run.Key.Scope),
            ],
            cancellationToken);
        var parts = Parts(answer);
        return (long)parts[0] switch
        {
            1 => RedisForeignKeys.CursorOf((string?)parts[1], keys.Owner),
            0 => throw new SessionBusyException(run.Key.ToString(), StoreErrors.OwnedBy(((string?)parts[1])!)),
            3 => throw new LimitExceededException(LimitNames.LiveRuns, LimitTarget.User, limits!.PerUser.LiveRuns, Limit.SoonFree),
            4 => throw new LimitExceededException(LimitNames.LiveRuns, LimitTarget.Scope, limits!.PerScope.LiveRuns, Limit.SoonFree),
            _ => throw new SessionBusyException(run.Key.ToString(), StoreErrors.Foreign(TimeSpan.FromMilliseconds((long)parts[1]))),
        };
    }

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var keys = new RedisKeys(_prefix, run.Key);
        var answer = await _redis.ScriptAsync(
            $"append to stream {keys.Stream}",
            AppendScript,
            [keys.Stream, keys.Live, keys.Owner],
            RedisEntries.Arguments([run.SiloId, run.Fence, number, keys.Notice], events),
            cancellationToken);
        return AppendAnswer(answer, keys);
    }

    /// <inheritdoc/>
    public async Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEntry> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var keys = new RedisKeys(_prefix, run.Key);
        RedisValue[] leading =
        [
            run.SiloId, run.Fence, number, keys.Notice,
            RedisKeys.Milliseconds(StreamRules.KeepStream(gracePeriod)), RedisKeys.Milliseconds(StreamRules.RememberEnded(gracePeriod)),
            _options.RuntimeOrigin, run.Key.Session, run.Key.ToString(),
        ];
        var answer = await _redis.ScriptAsync(
            $"finish run {run.RunId} of session {run.Key}",
            FinishScript,
            [keys.Stream, keys.Live, keys.Owner, RedisKeys.SiloRuns(_prefix, run.SiloId), Registry(run.Key), ScopeRegistry(run.Key)],
            RedisEntries.Arguments(leading, events),
            cancellationToken);
        return AppendAnswer(answer, keys);
    }

    /// <inheritdoc/>
    public async Task<RunStatus> SealAsync(RunToken run, bool isSealed = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var keys = new RedisKeys(_prefix, run.Key);
        var answer = await _redis.ScriptAsync(
            $"seal run {run.RunId} of session {run.Key}", SealScript, [keys.Live, keys.Owner], [run.SiloId, run.Fence, isSealed ? 1 : 0], cancellationToken);
        return (RunStatus)(long)answer;
    }

    /// <inheritdoc/>
    public async Task<bool> CancelAsync(SessionKey key, CancelRequest? request = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new RedisKeys(_prefix, key);
        var answer = await _redis.ScriptAsync(
            $"cancel session {key}",
            CancelScript,
            [keys.Live, keys.Owner, Registry(key), ScopeRegistry(key), .. request is null ? Array.Empty<RedisKey>() : [keys.Cancel(request.RequestId)]],
            [key.Session, key.ToString(), keys.Notice, RedisKeys.Silos(_prefix), RedisKeys.Milliseconds(StreamRules.CancelMemory), request?.RunId ?? ""],
            cancellationToken);
        return (long)answer == 1;
    }

    /// <inheritdoc/>
    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new RedisKeys(_prefix, key);
        return _redis.RunAsync($"look for live flag {keys.Live}", database => database.KeyExistsAsync(keys.Live), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunInfo?> FindRunAsync(SessionKey key, string? runId = null, CancellationToken cancellationToken = default)
    {
        var (last, past) = await FindRunsAsync(key, cancellationToken);
        return last is null || runId is null || last.Run.RunId == runId ? last : RedisPastRuns.Find(key, past, runId);
    }

    /// <inheritdoc/>
    public async Task<RunInfo?> FindRunAtAsync(SessionKey key, Cursor entry, CancellationToken cancellationToken = default)
    {
        var (last, past) = await FindRunsAsync(key, cancellationToken);
        return last is null || last.Begin <= entry ? last : RedisPastRuns.FindAt(key, past, entry);
    }

    /// <inheritdoc/>
    public Task<StreamSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _reader.ReadAsync(key, after, count, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<StreamNotice> notified, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(notified);
        return _notices.WatchAsync(new RedisKeys(_prefix, key).Notice, message => notified(RedisNotice.Read(message)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchRunsAsync(string siloId, Action<RunToken?> canceled, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        ArgumentNullException.ThrowIfNull(canceled);
        return _notices.WatchAsync(
            RedisKeys.SiloNotice(_prefix, siloId),
            message => canceled(
                message is not null && Encoding.UTF8.GetString(message).Split(' ') is [var text, var fence] && SessionKey.TryParse(text, out var key)
                    ? RunToken.Of(key, siloId, fence)
                    : null),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default) =>
        _live.GetLiveSessionsAsync(user, includeExternal, cancellationToken);

    /// <inheritdoc/>
    public Task<UsageCount> CountLiveSessionsAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        return _live.CountAsync(user, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default) =>
        _ownership.RenewLeaseAsync(siloId, lease, cancellationToken);

    /// <inheritdoc/>
    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken = default) => _ownership.HandOffAsync(run, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default) =>
        _ownership.CheckAsync(runs, cancellationToken);

    /// <inheritdoc/>
    public Task KeepAsync(RunToken run, CancellationToken cancellationToken = default) => _ownership.KeepAsync(run, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default) =>
        _ownership.FindOwnedAsync(siloId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken = default) =>
        _ownership.FindOrphanedAsync(count, cancellationToken);

    /// <inheritdoc/>
    public Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken = default) =>
        _ownership.RecoverAsync(orphan, siloId, cancellationToken);

    /// <summary>Stops listening to the connection.</summary>
    public void Dispose() => _notices.Dispose();

    /// <summary>The session's last run, and the list of those before it.</summary>
    private async Task<(RunInfo? Last, RedisValue Past)> FindRunsAsync(SessionKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new RedisKeys(_prefix, key);
        var owner = await _redis.RunAsync(
            $"look for the run of session {key}",
            database => database.HashGetAsync(keys.Owner, ["silo", "run", "begin", "last", "ended", "past"]),
            cancellationToken,
            keys.Owner);
        return owner[1].IsNull
            ? default
            : (new(
                RunToken.Of(key, owner[0].ToString(), owner[1].ToString()),
                RedisForeignKeys.CursorOf(owner[2], keys.Owner),
                RedisForeignKeys.CursorOf(owner[3], keys.Owner),
                HasEnded: !owner[4].IsNull), owner[5]);
    }

    private static RedisResult[] Parts(RedisResult answer) => ((RedisResult[]?)answer)!;

    private static AppendResult AppendAnswer(RedisResult answer, RedisKeys keys)
    {
        var parts = Parts(answer);
        return new((RunStatus)(long)parts[0], RedisForeignKeys.CursorOf((string?)parts[1], keys.Owner));
    }

    private string Registry(SessionKey key) => RedisKeys.Registry(_prefix, key.UserKey);

    private string ScopeRegistry(SessionKey key) => RedisKeys.Registry(_prefix, key.Scope);
}
