using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// The sessions that prompts wait for, of all processes on a Redis: <c>{prefix}:#waiting</c> has the users, <c>{prefix}:#waiting:{scope}:{user}</c> a user's sessions, each by when it had its last turn. Both
/// are indexes: where another program has put something else in their place, they are made again from the lists of prompts.
/// </summary>
/// <param name="redis">The Redis.</param>
/// <param name="prefix">What stands before every key.</param>
/// <param name="say">Takes what is there that AgentStream does not write.</param>
internal sealed class RedisTurns(RedisConnection redis, string prefix, Action<string> say)
{
    private const string What = "find sessions that prompts wait for";

    // A bound on how long one step keeps Redis from others.
    private const int MostAtOnce = 1_000;

    private static readonly RedisScript TurnScript = RedisScript.Named("queue-turn.lua");
    private static readonly RedisScript IndexScript = RedisScript.Named("queue-index.lua");

    private readonly RedisIndex _index = new(redis);

    private string Users => RedisKeys.AllWaiting(prefix);

    /// <summary>The next sessions, each once; users take turns, and so do the sessions of each.</summary>
    /// <param name="count">The most sessions.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<SessionKey>> NextAsync(int count, CancellationToken cancellationToken)
    {
        var users = new List<UserKey>();
        foreach (var name in await TakeAsync(Users, [Users], [count], cancellationToken))
        {
            if (((string?)name)?.Split(':') is [var scope, var user] && UserKey.IsId(scope) && UserKey.IsId(user))
            {
                users.Add(new(scope, user));
            }
            else
            {
                await DropAsync(Users, name, cancellationToken);
            }
        }

        // Side by side: one of them takes as long as all.
        return [.. (await Task.WhenAll(users.Select(user => NextOfAsync(user, count / users.Count, cancellationToken)))).SelectMany(sessions => sessions)];
    }

    private async Task<IReadOnlyList<SessionKey>> NextOfAsync(UserKey user, int count, CancellationToken cancellationToken)
    {
        var index = RedisKeys.Waiting(prefix, user);
        var sessions = new List<SessionKey>();
        foreach (var name in await TakeAsync(index, [index, Users], [count, user.ToString()], cancellationToken))
        {
            if ((string?)name is var session && SessionKey.IsSessionId(session))
            {
                sessions.Add(user.Session(session));
            }
            else
            {
                await DropAsync(index, name, cancellationToken);
            }
        }

        return sessions;
    }

    private async Task<RedisValue[]> TakeAsync(string index, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return (RedisValue[])(await redis.ScriptAsync(What, TurnScript, keys, arguments, cancellationToken))!;
        }
        catch (StorageRefusedException e) when (RedisForeignKeys.IsForeign(e.InnerException!))
        {
            say(index);
            await RestoreAsync(index, cancellationToken);
            return [];
        }
    }

    /// <summary>Makes an index again, and the indexes that it lists.</summary>
    private async Task RestoreAsync(string index, CancellationToken cancellationToken)
    {
        var sessions = new List<SessionKey>();
        await foreach (var name in _index.WalkAsync(What, $"{index}:", "", cancellationToken))
        {
            if (SessionKey.TryParse($"{index}:{name}"[(Users.Length + 1)..], out var key))
            {
                sessions.Add(key);
            }
        }

        var users = sessions.ToLookup(key => key.UserKey, key => key.Session);
        if (index == Users || users.Count == 0)
        {
            await RestoreAsync(index, [.. users.Select(user => user.Key.ToString())], cancellationToken);
        }

        foreach (var user in users)
        {
            await RestoreAsync(RedisKeys.Waiting(prefix, user.Key), [.. user], cancellationToken);
        }
    }

    private async Task RestoreAsync(string index, string[] members, CancellationToken cancellationToken)
    {
        // Also without members: something else is in its place.
        foreach (var some in members.Length == 0 ? [[]] : members.Chunk(MostAtOnce))
        {
            await redis.ScriptAsync(What, IndexScript, [index], [.. some.Select(member => (RedisValue)member)], cancellationToken);
        }
    }

    private async Task DropAsync(string index, RedisValue member, CancellationToken cancellationToken)
    {
        say($"{index}, member '{RedisForeignKeys.Shown(member)}'");
        await redis.RunAsync("take out what is no session", database => database.SortedSetRemoveAsync(index, member), cancellationToken, index);
    }
}
