using System.Globalization;
using AgentStream.Background;
using AgentStream.Storage.Ownership;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Which process owns which runs: leases, the lists by which the runs of a process are found, and what happens to them when it is gone.</summary>
/// <param name="redis">The Redis.</param>
/// <param name="options">The settings: the prefix and the lease.</param>
/// <param name="logger">Takes what is found in the lists that AgentStream does not write.</param>
internal sealed class RedisOwnership(RedisConnection redis, StorageOptions options, ILogger logger)
{
    // A bound on how long one command keeps Redis from others.
    private const int CheckChunk = 512;

    // What a found run is told by: what it is, silo, session key, run, number, begin.
    private const int FoundWords = 6;
    private const string IsRun = "run";

    private static readonly RedisScript RenewScript = RedisScript.Named("renew.lua");
    private static readonly RedisScript HandOffScript = RedisScript.Named("hand-off.lua");
    private static readonly RedisScript KeepScript = RedisScript.Named("keep.lua");
    private static readonly RedisScript OwnedScript = RedisScript.Named("owned.lua");
    private static readonly RedisScript OrphanedScript = RedisScript.Named("orphaned.lua");
    private static readonly RedisScript DisownScript = RedisScript.Named("disown.lua");
    private static readonly RedisScript RecoverScript = RedisScript.Named("recover.lua");

    private readonly string _prefix = options.RedisPrefix;
    private readonly FaultLog _faults = new(logger);

    public Task RenewLeaseAsync(string siloId, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var key = RedisKeys.Lease(_prefix, siloId);

        // A script also because the client sends no plain write to a server that it takes for a replica, for up to a minute after that has become the primary.
        return redis.ScriptAsync(
            $"renew lease {key}",
            RenewScript,
            [key, RedisKeys.SiloRuns(_prefix, siloId), RedisKeys.AllSilos(_prefix)],
            [siloId, RedisKeys.Milliseconds(lease > TimeSpan.Zero ? lease : TimeSpan.Zero)],
            cancellationToken);
    }

    public Task HandOffAsync(RunToken run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var keys = new RedisKeys(_prefix, run.Key);
        return redis.ScriptAsync(
            $"hand off run {run.RunId} of session {run.Key}",
            HandOffScript,
            [keys.Live, keys.Owner, RedisKeys.SiloRuns(_prefix, run.SiloId), RedisKeys.SiloRuns(_prefix, SiloIdentity.Nobody), RedisKeys.AllSilos(_prefix)],
            [run.SiloId, run.Fence, SiloIdentity.Nobody, run.Key.ToString()],
            cancellationToken);
    }

    public Task KeepAsync(RunToken run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        return redis.ScriptAsync(
            $"list run {run.RunId} of session {run.Key}",
            KeepScript,
            [
                new RedisKeys(_prefix, run.Key).Owner, RedisKeys.SiloRuns(_prefix, run.SiloId), RedisKeys.Registry(_prefix, run.Key.UserKey),
                RedisKeys.AllSilos(_prefix), RedisKeys.Registry(_prefix, run.Key.Scope),
            ],
            [run.SiloId, run.Fence, run.Key.Session, run.Key.ToString()],
            cancellationToken);
    }

    public async Task<IReadOnlyList<SessionKey>> FindOwnedAsync(string siloId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var runs = RedisKeys.SiloRuns(_prefix, siloId);
        var found = new List<SessionKey>();
        foreach (var session in ((RedisValue[]?)await redis.ScriptAsync($"read {runs}", OwnedScript, [runs], [], cancellationToken))!)
        {
            if (SessionKey.TryParse(session, out var key))
            {
                found.Add(key);
            }
            else
            {
                await DisownAsync(IsRun, siloId, session, cancellationToken);
            }
        }

        return found;
    }

    public async Task<IReadOnlyList<RunToken>> FindOrphanedAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var answer = await redis.ScriptAsync(
            "find orphaned runs", OrphanedScript, [RedisKeys.AllSilos(_prefix)], [RedisKeys.Silos(_prefix), $"{_prefix}:", count], cancellationToken);
        var found = new List<RunToken>();
        foreach (var run in ((RedisValue[]?)answer)!.Chunk(FoundWords))
        {
            if (run[0] == IsRun
                && SessionKey.TryParse(run[2], out var key)
                && run[3] != RedisValue.EmptyString
                && long.TryParse((string?)run[4], NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && Cursor.TryParse((string?)run[5], out _))
            {
                found.Add(RunToken.Of(key, run[1]!, run[3]!));
            }
            else
            {
                await DisownAsync(run[0], run[1], run[2], cancellationToken);
            }
        }

        return found;
    }

    public async Task<RecoveredRun?> RecoverAsync(RunToken orphan, string siloId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(orphan);
        ArgumentException.ThrowIfNullOrEmpty(siloId);
        var (keys, taken) = (new RedisKeys(_prefix, orphan.Key), orphan.For(siloId));
        var parts = ((RedisResult[]?)await redis.ScriptAsync(
            $"recover run {orphan.RunId} of session {orphan.Key}",
            RecoverScript,
            [
                keys.Live, keys.Owner, RedisKeys.Lease(_prefix, orphan.SiloId), RedisKeys.SiloRuns(_prefix, orphan.SiloId),
                RedisKeys.Lease(_prefix, siloId), RedisKeys.SiloRuns(_prefix, siloId), RedisKeys.AllSilos(_prefix),
            ],
            [orphan.SiloId, orphan.Fence, siloId, RedisKeys.Milliseconds(options.Lease), orphan.Key.ToString(), taken.Fence],
            cancellationToken))!;
        return (long)parts[0] == 0
            ? null
            : new(taken, (long)parts[1], RedisForeignKeys.CursorOf((string?)parts[2], keys.Owner), (RunStatus)(long)parts[3], (long)parts[4] == 1);
    }

    public async Task<IReadOnlyList<RunStatus>> CheckAsync(IReadOnlyList<RunToken> runs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var statuses = new RunStatus[runs.Count];
        for (var start = 0; start < runs.Count; start += CheckChunk)
        {
            await CheckAsync(runs, statuses, start, Math.Min(CheckChunk, runs.Count - start), cancellationToken);
        }

        return statuses;
    }

    private async Task CheckAsync(IReadOnlyList<RunToken> runs, RunStatus[] statuses, int start, int count, CancellationToken cancellationToken)
    {
        // Nearly always all flags are there; only of a run whose flag is not is the owner asked for.
        var what = $"check {count} runs";
        var flagKeys = new RedisKey[count];
        for (var i = 0; i < count; i++)
        {
            flagKeys[i] = new RedisKeys(_prefix, runs[start + i].Key).Live;
        }

        var flags = await redis.RunAsync(what, database => database.StringGetAsync(flagKeys), cancellationToken);
        var asked = Enumerable.Range(start, count).Where(i => flags[i - start] != $"{runs[i].SiloId}:{runs[i].Fence}").ToArray();
        if (asked.Length == 0)
        {
            return;
        }

        var owners = await redis.RunAsync(what, database => Task.WhenAll(asked.Select(i => OwnerAsync(database, new RedisKeys(_prefix, runs[i].Key).Owner))), cancellationToken);
        for (var i = 0; i < asked.Length; i++)
        {
            var run = runs[asked[i]];
            var isOwner = owners[i] is [var silo, var fence, { IsNull: true }] && silo == run.SiloId && fence == run.Fence;
            statuses[asked[i]] = isOwner ? RunStatus.Canceled : RunStatus.Lost;
        }
    }

    /// <summary>The record of a session's run; null where another program has put something in its place: one bad record must not hide how the others stand.</summary>
    private static async Task<RedisValue[]?> OwnerAsync(IDatabase database, RedisKey key)
    {
        try
        {
            return await database.HashGetAsync(key, ["silo", "run", "ended"]);
        }
        catch (RedisServerException exception) when (RedisForeignKeys.IsForeign(exception))
        {
            return null;
        }
    }

    /// <summary>Takes out of the lists of runs what is no run, and says so.</summary>
    /// <param name="kind">Whether it is a <c>run</c>, a silo's list of runs, or the list of silos.</param>
    /// <param name="silo">The silo that it is listed for.</param>
    /// <param name="session">What is listed as a session.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task DisownAsync(RedisValue kind, RedisValue silo, RedisValue session, CancellationToken cancellationToken)
    {
        var (silos, runs) = (RedisKeys.AllSilos(_prefix), RedisKeys.SiloRuns(_prefix, RedisForeignKeys.Shown(silo)));
        var what = kind == "silos" ? silos : kind == "silo" ? runs : $"{runs}, member '{RedisForeignKeys.Shown(session)}'";
        if (_faults.IsNew(what, ""))
        {
            logger.ForeignKey(what);
        }

        try
        {
            await redis.ScriptAsync($"take out {what}", DisownScript, [silos, RedisKeys.SiloRuns(_prefix, silo.ToString())], [kind, silo, session], cancellationToken);
        }
        catch (StorageRefusedException exception)
        {
            _faults.Failed($"Taking out {what}", exception);
        }
    }
}
