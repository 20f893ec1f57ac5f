using AgentStream.Background;
using AgentStream.Logs;
using AgentStream.Storage.Timers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Sessions by time in Redis: one sorted set, <c>{prefix}:#timers</c>.</summary>
/// <remarks>Every operation may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place, and it may be repeated.</remarks>
internal sealed class RedisSessionTimers(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisSessionTimers> logger) : ISessionTimers
{
    private static readonly RedisScript SetScript = RedisScript.Named("timer-set.lua");
    private static readonly RedisScript TakeScript = RedisScript.Named("timer-take.lua");
    private static readonly RedisScript ClearScript = RedisScript.Named("timer-clear.lua");
    private static readonly RedisScript MoveScript = RedisScript.Named("timer-move.lua");
    private static readonly RedisScript RemoveScript = RedisScript.Named("timer-remove.lua");

    private readonly string _prefix = options.Value.RedisPrefix;
    private readonly FaultLog _faults = new(logger);

    private string Timers => RedisKeys.Timers(_prefix);

    public async ValueTask SetAsync(RunToken owner, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        var answer = await redis.ScriptAsync(
            $"set the time of session {owner.Key}",
            SetScript,
            [Timers, new RedisKeys(_prefix, owner.Key).Owner],
            [owner.SiloId, owner.Fence, owner.Key.ToString(), due.ToUnixTimeMilliseconds()],
            cancellationToken);
        if ((long)answer == 0)
        {
            throw new OwnershipLostException($"Run {owner.RunId} does not own session {owner.Key} any more. The session's time was left as it is.");
        }
    }

    public async ValueTask<IReadOnlyList<SessionKey>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var due = (RedisValue[]?)await redis.ScriptAsync(
            "find sessions whose time has come", TakeScript, [Timers], [now.ToUnixTimeMilliseconds(), again.ToUnixTimeMilliseconds(), count], cancellationToken);
        var keys = new List<SessionKey>(due!.Length);
        foreach (var session in due)
        {
            if (SessionKey.TryParse(session, out var key))
            {
                keys.Add(key);
            }
            else
            {
                await TakeOutAsync(session, cancellationToken);
            }
        }

        return keys;
    }

    public async ValueTask ClearAsync(SessionKey key, DateTimeOffset due, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync($"clear the time of session {key}", ClearScript, [Timers], [key.ToString(), due.ToUnixTimeMilliseconds()], cancellationToken);

    public async ValueTask MoveAsync(SessionKey key, DateTimeOffset due, DateTimeOffset next, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync(
            $"move the time of session {key}", MoveScript, [Timers], [key.ToString(), due.ToUnixTimeMilliseconds(), next.ToUnixTimeMilliseconds()], cancellationToken);

    public async ValueTask RemoveAsync(RunToken owner, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync(
            $"remove the time of session {owner.Key}",
            RemoveScript,
            [Timers, new RedisKeys(_prefix, owner.Key).Owner],
            [owner.SiloId, owner.Fence, owner.Key.ToString()],
            cancellationToken);

    /// <summary>Another program has put something among the sessions that is none.</summary>
    private async Task TakeOutAsync(RedisValue member, CancellationToken cancellationToken)
    {
        var what = $"{Timers}, member '{RedisForeignKeys.Shown(member)}'";
        if (_faults.IsNew(what, ""))
        {
            logger.Safe().ForeignKey(what);
        }

        await redis.RunAsync("take out what is no session", database => database.SortedSetRemoveAsync(Timers, member), cancellationToken, Timers);
    }
}
