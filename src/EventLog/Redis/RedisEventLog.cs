using System.Text;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.EventLog.Redis;

/// <summary>The log in Redis, for any number of processes. Every change is one Lua script: it happens whole, or not at all.</summary>
public sealed class RedisEventLog : IEventLog, IDisposable
{
    // A bound on how long one command keeps Redis from others.
    private const int CheckChunk = 512;

    private static readonly RedisScript StartScript = RedisScript.Own("start.lua");
    private static readonly RedisScript AppendScript = RedisScript.Own("append.lua");
    private static readonly RedisScript FinishScript = RedisScript.Own("finish.lua");
    private static readonly RedisScript CancelScript = RedisScript.Own("cancel.lua");
    private static readonly RedisScript ReadScript = RedisScript.Own("read.lua");
    private static readonly RedisScript AbandonedScript = RedisScript.Own("abandoned.lua");
    private static readonly RedisScript ReleaseScript = RedisScript.Own("release.lua");
    private static readonly RedisScript TakeOverScript = RedisScript.Own("takeover.lua");

    private readonly RedisConnection _redis;
    private readonly RedisNotices _notices;
    private readonly RedisLiveSessions _live;
    private readonly AgentStreamOptions _options;
    private readonly string _prefix;

    /// <summary>Makes the log.</summary>
    /// <param name="redis">The connection; it has to be open before the log is used.</param>
    /// <param name="options">The settings: the prefix, the lease, the origin of <c>begin</c> and <c>end</c>.</param>
    public RedisEventLog(RedisConnection redis, IOptions<AgentStreamOptions> options)
    {
        ArgumentNullException.ThrowIfNull(redis);
        ArgumentNullException.ThrowIfNull(options);
        _redis = redis;
        _notices = new(redis);
        _options = options.Value;
        _prefix = _options.RedisPrefix;
        _live = new(redis, _prefix);
    }

    /// <summary>How many channels this log is subscribed to.</summary>
    internal int ChannelCount => _notices.ChannelCount;

    /// <inheritdoc/>
    public async Task<Cursor> StartAsync(RunToken run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var keys = new RedisKeys(_prefix, run.Key);
        var answer = await _redis.ScriptAsync(
            $"start run {run.RunId} of session {run.Key}",
            StartScript,
            [
                keys.Stream, keys.Live, keys.Owner, RedisKeys.Lease(_prefix, run.SiloId), RedisKeys.SiloRuns(_prefix, run.SiloId), Registry(run.Key),
                RedisKeys.AllSilos(_prefix),
            ],
            [
                run.SiloId, run.Fence, RedisKeys.Milliseconds(_options.Lease), RedisKeys.Milliseconds(LogRules.ForeignSilence),
                _options.RuntimeOrigin, BeginBody.Of(run.Key), run.Key.Session, run.Key.ToString(), keys.Notice,
            ],
            cancellationToken);
        var parts = Parts(answer);
        return (long)parts[0] switch
        {
            1 => Cursor.Parse(((string?)parts[1])!),
            0 => throw new SessionBusyException(run.Key.ToString(), LogErrors.OwnedBy(((string?)parts[1])!)),
            _ => throw new SessionBusyException(run.Key.ToString(), LogErrors.Foreign(TimeSpan.FromMilliseconds((long)parts[1]))),
        };
    }

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(
        RunToken run, long number, IReadOnlyList<NewEvent> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var keys = new RedisKeys(_prefix, run.Key);
        return AppendAnswer(await _redis.ScriptAsync(
            $"append to stream {keys.Stream}",
            AppendScript,
            [keys.Stream, keys.Live, keys.Owner],
            RedisEntries.Arguments([run.SiloId, run.Fence, number, keys.Notice], events),
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<AppendResult> FinishAsync(
        RunToken run, long number, IReadOnlyList<NewEvent> events, TimeSpan gracePeriod, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var keys = new RedisKeys(_prefix, run.Key);
        RedisValue[] leading =
        [
            run.SiloId, run.Fence, number, keys.Notice,
            RedisKeys.Milliseconds(LogRules.KeepStream(gracePeriod)), RedisKeys.Milliseconds(LogRules.RememberEnded(gracePeriod)),
            _options.RuntimeOrigin, run.Key.Session, run.Key.ToString(),
        ];
        return AppendAnswer(await _redis.ScriptAsync(
            $"finish run {run.RunId} of session {run.Key}",
            FinishScript,
            [keys.Stream, keys.Live, keys.Owner, RedisKeys.SiloRuns(_prefix, run.SiloId), Registry(run.Key)],
            RedisEntries.Arguments(leading, events),
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new RedisKeys(_prefix, key);
        var answer = await _redis.ScriptAsync(
            $"cancel session {key}",
            CancelScript,
            [keys.Live, keys.Owner, Registry(key)],
            [key.Session, key.ToString(), keys.Notice, RedisKeys.Silos(_prefix)],
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
    public async Task<KnownRun?> FindRunAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new RedisKeys(_prefix, key);
        var owner = await _redis.RunAsync(
            $"look for the run of session {key}",
            database => database.HashGetAsync(keys.Owner, ["silo", "run", "begin", "last", "ended"]),
            cancellationToken,
            keys.Owner);
        return owner[1].IsNull
            ? null
            : new(RunToken.Of(key, owner[0]!, owner[1]!), Cursor.Parse(((string?)owner[2])!), Cursor.Parse(((string?)owner[3])!), !owner[4].IsNull);
    }

    /// <inheritdoc/>
    public async Task<LogSlice> ReadAsync(SessionKey key, Cursor after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var keys = new RedisKeys(_prefix, key);
        var first = "(" + after;
        if (after.Next < after)
        {
            // Nothing can stand behind the greatest cursor, and Redis refuses to look there.
            first = "+";
        }

        var what = $"read stream {keys.Stream}";
        var (isOwned, entries) = await _redis.RunAsync(
            what,
            async database =>
            {
                // Nearly always a run of ours is under way: then these two plain commands, sent together, are all. Otherwise a script looks closer.
                var owner = database.HashGetAsync(keys.Owner, ["run", "ended"]);
                var range = database.StreamRangeAsync(keys.Stream, first, "+", count);
                var fields = await owner;
                return (!fields[0].IsNull && fields[1].IsNull, await range);
            },
            cancellationToken,
            keys.Owner,
            keys.Stream);
        if (isOwned || entries.Length == count)
        {
            return new(RedisEntries.Read(entries), IsOpen: true);
        }

        (var openness, entries) = await _redis.RunAsync(
            what,
            async database =>
            {
                // In this order: whatever is added after the answer that nothing more comes is among the entries.
                var open = database.ScriptEvaluateAsync(
                    ReadScript.Text, [keys.Stream, keys.Live, keys.Owner], [RedisKeys.Milliseconds(LogRules.ForeignSilence)]);
                var range = database.StreamRangeAsync(keys.Stream, first, "+", count);
                return ((long)await open, await range);
            },
            cancellationToken,
            keys.Owner,
            keys.Stream);
        return new(RedisEntries.Read(entries), openness != 0, openness == 2);
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(SessionKey key, Action<LogNotice> notified, CancellationToken cancellationToken = default)
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
                message is not null && Encoding.UTF8.GetString(message).Split(' ') is [var key, var fence] ? RunToken.Of(SessionKey.Parse(key), siloId, fence) : null),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionKey>> QueryAsync(UserKey user, bool includeForeign = false, CancellationToken cancellationToken = default) =>
        _live.QueryAsync(user, includeForeign, cancellationToken);

    /// <inheritdoc/>
    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var key = RedisKeys.Lease(_prefix, siloId);
        return _redis.RunAsync(
            $"renew lease {key}",
            database => lease > TimeSpan.Zero ? database.StringSetAsync(key, "1", lease) : database.KeyDeleteAsync(key),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(RunToken run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var keys = new RedisKeys(_prefix, run.Key);
        return _redis.ScriptAsync(
            $"give away run {run.RunId} of session {run.Key}",
            ReleaseScript,
            [
                keys.Live, keys.Owner, RedisKeys.SiloRuns(_prefix, run.SiloId), RedisKeys.SiloRuns(_prefix, SiloIdentity.Nobody), RedisKeys.AllSilos(_prefix),
            ],
            [run.SiloId, run.Fence, SiloIdentity.Nobody, run.Key.ToString()],
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var runs = RedisKeys.SiloRuns(_prefix, siloId);
        var sessions = await _redis.RunAsync($"read {runs}", database => database.SetMembersAsync(runs), cancellationToken);
        return [.. sessions.Select(session => SessionKey.Parse(session!))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunToken>> FindAbandonedAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var answer = await _redis.ScriptAsync(
            "find abandoned runs", AbandonedScript, [RedisKeys.AllSilos(_prefix)], [RedisKeys.Silos(_prefix), $"{_prefix}:", count], cancellationToken);
        return [.. Parts(answer).Chunk(3).Select(run => RunToken.Of(SessionKey.Parse(((string?)run[1])!), ((string?)run[0])!, ((string?)run[2])!))];
    }

    /// <inheritdoc/>
    public async Task<TakenRun?> TakeOverAsync(RunToken abandoned, string siloId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(abandoned);
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var (keys, taken) = (new RedisKeys(_prefix, abandoned.Key), abandoned.For(siloId));
        var parts = Parts(await _redis.ScriptAsync(
            $"take over run {abandoned.RunId} of session {abandoned.Key}",
            TakeOverScript,
            [
                keys.Live, keys.Owner, RedisKeys.Lease(_prefix, abandoned.SiloId), RedisKeys.SiloRuns(_prefix, abandoned.SiloId),
                RedisKeys.Lease(_prefix, siloId), RedisKeys.SiloRuns(_prefix, siloId), RedisKeys.AllSilos(_prefix),
            ],
            [abandoned.SiloId, abandoned.Fence, siloId, RedisKeys.Milliseconds(_options.Lease), abandoned.Key.ToString(), taken.Fence],
            cancellationToken));
        return (long)parts[0] == 0
            ? null
            : new(taken, (long)parts[1], Cursor.Parse(((string?)parts[2])!), (RunStatus)(long)parts[3]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var statuses = new RunStatus[runs.Count];
        for (var start = 0; start < runs.Count; start += CheckChunk)
        {
            await CheckAsync(runs, statuses, start, Math.Min(CheckChunk, runs.Count - start), cancellationToken);
        }

        return statuses;
    }

    /// <summary>Stops listening to the connection.</summary>
    public void Dispose() => _notices.Dispose();

    private static RedisResult[] Parts(RedisResult answer) => ((RedisResult[]?)answer)!;

    private static AppendResult AppendAnswer(RedisResult answer)
    {
        var parts = Parts(answer);
        return new((RunStatus)(long)parts[0], Cursor.Parse(((string?)parts[1])!));
    }

    private string Registry(SessionKey key) => RedisKeys.Registry(_prefix, new(key.Scope, key.User));

    private async Task CheckAsync(IReadOnlyList<RunToken> runs, RunStatus[] statuses, int start, int count, CancellationToken cancellationToken)
    {
        // Nearly always all flags are there; only of a run whose flag is not is the owner asked for.
        var what = $"check {count} runs";
        var flagKeys = new RedisKey[count];
        for (var i = 0; i < count; i++)
        {
            flagKeys[i] = new RedisKeys(_prefix, runs[start + i].Key).Live;
        }

        var flags = await _redis.RunAsync(what, database => database.StringGetAsync(flagKeys), cancellationToken);
        var asked = Enumerable.Range(start, count).Where(i => flags[i - start] != $"{runs[i].SiloId}:{runs[i].Fence}").ToArray();
        if (asked.Length == 0)
        {
            return;
        }

        var owners = await _redis.RunAsync(
            what,
            database => Task.WhenAll(asked.Select(
                i => database.HashGetAsync(new RedisKeys(_prefix, runs[i].Key).Owner, ["silo", "run", "ended"]))),
            cancellationToken);
        for (var i = 0; i < asked.Length; i++)
        {
            var run = runs[asked[i]];
            var isOwner = owners[i][0] == run.SiloId && owners[i][1] == run.Fence && owners[i][2].IsNull;
            statuses[asked[i]] = isOwner ? RunStatus.Canceled : RunStatus.Lost;
        }
    }
}
