using System.Security.Cryptography;
using System.Text.Json;
using AgentStream.Background;
using AgentStream.Logs;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Waiting prompts in Redis. Each session has a list of what is known of them, <c>{prefix}:#waiting:{scope}:{user}:{session}</c>, and a hash of their texts, <c>{prefix}:#prompts:{scope}:{user}:{session}</c>.
/// <see cref="RedisTurns"/> has the sessions.
/// </summary>
/// <remarks>Every operation may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place, and it may be repeated.</remarks>
internal sealed class RedisPromptQueue : IPromptQueue
{
    private static readonly RedisScript AddScript = RedisScript.Named("waiting.lua", "queue-add.lua");
    private static readonly RedisScript RemoveScript = RedisScript.Named("waiting.lua", "queue-remove.lua");
    private static readonly RedisScript ClearScript = RedisScript.Named("waiting.lua", "queue-clear.lua");

    private readonly RedisConnection _redis;
    private readonly ILogger _logger;
    private readonly string _prefix;
    private readonly FaultLog _faults;
    private readonly AtRestProtection _protection;
    private readonly RedisTurns _turns;

    public RedisPromptQueue(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisPromptQueue> logger, AtRestProtection? protection = null)
    {
        (_redis, _logger, _prefix, _faults) = (redis, logger.Safe(), options.Value.RedisPrefix, new(logger));
        _turns = new(redis, _prefix, Say);
        _protection = protection ?? AtRestProtection.None;
    }

    public async ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, LimitOptions? limits = null, CancellationToken cancellationToken = default)
    {
        var (ofUser, ofScope) = (limits?.PerUser.QueuedPrompts ?? 0, limits?.PerScope.QueuedPrompts ?? 0);
        var place = (int)await _redis.ScriptAsync(
            $"let a prompt wait for session {key}",
            AddScript,
            KeysOf(key),
            [await InfoAsync(key, prompt, cancellationToken), prompt.RunId, _protection.Write(key, prompt), key.Session, key.UserKey.ToString(), IPromptQueue.MaxQueued, ofUser, ofScope],
            cancellationToken);
        return place switch
        {
            -1 => throw new LimitExceededException(LimitNames.QueuedPrompts, LimitTarget.User, ofUser, Limit.SoonFree),
            -2 => throw new LimitExceededException(LimitNames.QueuedPrompts, LimitTarget.Scope, ofScope, Limit.SoonFree),
            _ => place,
        };
    }

    public async ValueTask<int> CountAsync(SessionKey key, CancellationToken cancellationToken = default) => (int)await _redis.RunAsync(
        $"count the prompts that wait for session {key}", database => database.ListLengthAsync(Waiting(key)), cancellationToken, Waiting(key));

    public async ValueTask<UsageCount> CountAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        var counts = RedisKeys.WaitingCounts(_prefix);
        var values = await _redis.RunAsync(
            $"count the prompts that wait for user {user}", database => database.HashGetAsync(counts, [user.ToString(), user.Scope]), cancellationToken, counts);
        return new(CountOf(values[0]), CountOf(values[1]));

        // Another program may have written something else there.
        static long CountOf(RedisValue value) => value.TryParse(out long count) ? count : 0;
    }

    public async ValueTask<IReadOnlyList<QueuedPromptInfo>> ListAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var waiting = await ReadListAsync(key, cancellationToken);
        var infos = new List<QueuedPromptInfo>(waiting.Length);
        foreach (var json in waiting)
        {
            try
            {
                infos.Add(_protection.ReadInfo(key, (byte[])json!));
            }
            catch (InvalidDataException e) when (e.InnerException is not CryptographicException)
            {
                Say($"{Waiting(key)}, entry '{RedisForeignKeys.Shown(json)}'");
                if (e.InnerException is JsonException)
                {
                    // No version of AgentStream has written it. What is JSON may be a newer one's, and is left alone.
                    await TakeOutAsync(key, json, "", cancellationToken);
                }
            }
        }

        return infos;
    }

    public async ValueTask<QueuedPrompt?> FindAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        var prompts = RedisKeys.Prompts(_prefix, key);
        var json = await _redis.RunAsync($"read a prompt that waits for session {key}", database => database.HashGetAsync(prompts, runId), cancellationToken, prompts);
        try
        {
            return json.IsNull ? null : _protection.ReadPrompt(key, runId, (byte[])json!);
        }
        catch (InvalidDataException e) when (e.InnerException is not CryptographicException)
        {
            // Another program has taken its text out, or has put another one there.
            Say($"{prompts}, field '{RedisForeignKeys.Shown(runId)}'");
            return null;
        }
    }

    public async ValueTask RemoveAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        var entry = (await ReadListAsync(key, cancellationToken)).FirstOrDefault(entry => IsOf(key, runId, entry), runId);
        await TakeOutAsync(key, entry, runId, cancellationToken);
    }

    public async ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default) => await _redis.ScriptAsync(
        $"take the prompts of session {owner.Key} out",
        ClearScript,
        [.. KeysOf(owner.Key), new RedisKeys(_prefix, owner.Key).Owner],
        [owner.SiloId, owner.Fence, owner.Key.Session, owner.Key.UserKey.ToString()],
        cancellationToken);

    public async ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var sessions = await _turns.NextAsync(count, cancellationToken);
        var exist = await Task.WhenAll(sessions.Select(key => _redis.RunAsync(
            "find sessions that prompts wait for", database => database.KeyExistsAsync(Waiting(key)), cancellationToken)));
        foreach (var (key, _) in sessions.Zip(exist).Where(session => !session.Second))
        {
            // Nothing waits for it any more: another program took that out.
            await TakeOutAsync(key, "", "", cancellationToken);
        }

        return [.. sessions.Zip(exist).Where(session => session.Second).Select(session => session.First)];
    }

    // The script knows a prompt that waits already by its bytes, and what is encrypted has other bytes each time.
    private async ValueTask<RedisValue> InfoAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken)
    {
        RedisValue info = _protection.Write(key, QueuedPromptInfo.Of(prompt));
        return _protection.IsOn ? (await ReadListAsync(key, cancellationToken)).FirstOrDefault(entry => IsOf(key, prompt.RunId, entry), info) : info;
    }

    private bool IsOf(SessionKey key, string runId, RedisValue entry)
    {
        try
        {
            return _protection.ReadInfo(key, (byte[])entry!).RunId == runId;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private string Waiting(SessionKey key) => RedisKeys.Waiting(_prefix, key);

    private RedisKey[] KeysOf(SessionKey key) =>
    [
        Waiting(key), RedisKeys.Prompts(_prefix, key), RedisKeys.Waiting(_prefix, key.UserKey), RedisKeys.AllWaiting(_prefix), RedisKeys.WaitingCounts(_prefix),
    ];

    private Task<RedisValue[]> ReadListAsync(SessionKey key, CancellationToken cancellationToken) => _redis.RunAsync(
        $"list the prompts that wait for session {key}", database => database.ListRangeAsync(Waiting(key)), cancellationToken, Waiting(key));

    private async Task TakeOutAsync(SessionKey key, RedisValue entry, string runId, CancellationToken cancellationToken) => await _redis.ScriptAsync(
        $"take a prompt of session {key} out", RemoveScript, KeysOf(key), [entry, runId, key.Session, key.UserKey.ToString()], cancellationToken);

    private void Say(string what)
    {
        if (_faults.IsNew(what, ""))
        {
            _logger.ForeignKey(what);
        }
    }
}
