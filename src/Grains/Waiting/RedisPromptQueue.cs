using AgentStream.EventLog;
using AgentStream.EventLog.Redis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Grains.Waiting;

/// <summary>Waiting prompts in Redis: a list for each session, <c>{prefix}:waiting:{scope}:{user}:{session}</c>, and the set of those sessions, <c>{prefix}:waiting</c>.</summary>
/// <remarks>Every operation may throw <see cref="LogUnavailableException"/>; then it is not known whether it took place, and it may be repeated.</remarks>
internal sealed class RedisPromptQueue(RedisConnection redis, IOptions<AgentStreamOptions> options) : IPromptQueue
{
    private static readonly RedisScript AddScript = RedisScript.Embedded(typeof(RedisPromptQueue).Assembly, "waiting-add.lua");
    private static readonly RedisScript RemoveScript = RedisScript.Embedded(typeof(RedisPromptQueue).Assembly, "waiting-remove.lua");
    private static readonly RedisScript ClearScript = RedisScript.Embedded(typeof(RedisPromptQueue).Assembly, "waiting-clear.lua");

    private readonly string _prefix = options.Value.RedisPrefix;

    private RedisKey Sessions => RedisKeys.AllWaiting(_prefix);

    public async ValueTask<int> AddAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default) =>
        (int)await redis.ScriptAsync(
            $"let a prompt wait for session {key}", AddScript, [Waiting(key), Sessions], [prompt.ToJson(), key.ToString(), IPromptQueue.MostWaiting], cancellationToken);

    public async ValueTask<IReadOnlyList<WaitingPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var waiting = await redis.RunAsync($"read the prompts that wait for session {key}", database => database.ListRangeAsync(Waiting(key)), cancellationToken, Waiting(key));
        return [.. waiting.Select(json => WaitingPrompt.FromJson((byte[])json!))];
    }

    public async ValueTask RemoveAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync($"take a prompt of session {key} out", RemoveScript, [Waiting(key), Sessions], [prompt.ToJson(), key.ToString()], cancellationToken);

    public async ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync(
            $"take the prompts of session {owner.Key} out",
            ClearScript,
            [Waiting(owner.Key), Sessions, new RedisKeys(_prefix, owner.Key).Owner],
            [owner.SiloId, owner.Fence, owner.Key.ToString()],
            cancellationToken);

    public async ValueTask<IReadOnlyList<SessionKey>> ListAsync(int count, CancellationToken cancellationToken = default)
    {
        var sessions = await redis.RunAsync("find sessions that prompts wait for", database => database.SetRandomMembersAsync(Sessions, count), cancellationToken);
        return [.. sessions.Select(session => SessionKey.Parse(session!))];
    }

    private RedisKey Waiting(SessionKey key) => RedisKeys.Waiting(_prefix, key);
}
