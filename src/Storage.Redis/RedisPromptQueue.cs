using System.Text.Json;
using AgentStream.Background;
using AgentStream.Logs;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Waiting prompts in Redis: a list for each session, <c>{prefix}:#waiting:{scope}:{user}:{session}</c>, and the set of those sessions, <c>{prefix}:#waiting</c>.</summary>
/// <remarks>Every operation may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place, and it may be repeated.</remarks>
internal sealed class RedisPromptQueue(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisPromptQueue> logger) : IPromptQueue
{
    private static readonly RedisScript AddScript = RedisScript.Named("queue-add.lua");
    private static readonly RedisScript RemoveScript = RedisScript.Named("queue-remove.lua");
    private static readonly RedisScript ClearScript = RedisScript.Named("queue-clear.lua");

    private readonly string _prefix = options.Value.RedisPrefix;
    private readonly FaultLog _faults = new(logger);
    private readonly RedisIndex _index = new(redis);

    private string Sessions => RedisKeys.AllWaiting(_prefix);

    public async ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default) =>
        (int)await redis.ScriptAsync(
            $"let a prompt wait for session {key}", AddScript, [Waiting(key), Sessions], [prompt.ToJson(), key.ToString(), IPromptQueue.MaxQueued], cancellationToken);

    public async ValueTask<IReadOnlyList<QueuedPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var waiting = await redis.RunAsync(
            $"read the prompts that wait for session {key}", database => database.ListRangeAsync(Waiting(key)), cancellationToken, Waiting(key));
        var prompts = new List<QueuedPrompt>(waiting.Length);
        foreach (var json in waiting)
        {
            try
            {
                prompts.Add(QueuedPrompt.FromJson((byte[])json!));
            }
            catch (InvalidDataException e)
            {
                Say($"{Waiting(key)}, entry '{RedisForeignKeys.Shown(json)}'");
                if (e.InnerException is JsonException)
                {
                    // No version of AgentStream has written it. What is JSON may be a newer one's, and is left alone.
                    await TakeOutAsync(key, json, cancellationToken);
                }
            }
        }

        return prompts;
    }

    public async ValueTask RemoveAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default) =>
        await TakeOutAsync(key, prompt.ToJson(), cancellationToken);

    public async ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync(
            $"take the prompts of session {owner.Key} out",
            ClearScript,
            [Waiting(owner.Key), Sessions, new RedisKeys(_prefix, owner.Key).Owner],
            [owner.SiloId, owner.Fence, owner.Key.ToString()],
            cancellationToken);

    public async ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        const string What = "find sessions that prompts wait for";
        RedisValue[] sessions;
        try
        {
            sessions = await redis.RunAsync(What, database => database.SetRandomMembersAsync(Sessions, count), cancellationToken, Sessions);
        }
        catch (StorageRefusedException e) when (RedisForeignKeys.IsForeign(e.InnerException!))
        {
            Say(Sessions);
            var found = new List<string>();
            await foreach (var session in _index.WalkAsync(What, $"{Sessions}:", "", cancellationToken))
            {
                found.Add(session);
            }

            await _index.ListSessionsAsync(What, Sessions, found, cancellationToken);
            return [];
        }

        var keys = new List<SessionKey>(sessions.Length);
        foreach (var session in sessions)
        {
            if (SessionKey.TryParse(session, out var key))
            {
                keys.Add(key);
            }
            else
            {
                Say($"{Sessions}, member '{RedisForeignKeys.Shown(session)}'");
                await redis.RunAsync("take out what is no session", database => database.SetRemoveAsync(Sessions, session), cancellationToken);
            }
        }

        return keys;
    }

    private string Waiting(SessionKey key) => RedisKeys.Waiting(_prefix, key);

    private async Task TakeOutAsync(SessionKey key, RedisValue prompt, CancellationToken cancellationToken) =>
        await redis.ScriptAsync($"take a prompt of session {key} out", RemoveScript, [Waiting(key), Sessions], [prompt, key.ToString()], cancellationToken);

    private void Say(string what)
    {
        if (_faults.IsNew(what, ""))
        {
            logger.Safe().ForeignKey(what);
        }
    }
}
