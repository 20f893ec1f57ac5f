using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Finds the live sessions of a user: ours in the user's registry, other libraries' among all keys.</summary>
internal sealed class RedisLiveSessions(RedisConnection redis, string prefix)
{
    private const string Suffix = ":live";

    private static readonly RedisScript QueryScript = RedisScript.Named("query.lua");

    private readonly RedisIndex _index = new(redis);

    public async Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal, CancellationToken cancellationToken)
    {
        var what = $"query the live sessions of user {user}";
        var registry = RedisKeys.Registry(prefix, user);
        var answer = ((RedisResult[]?)await redis.ScriptAsync(what, QueryScript, [registry], [RedisKeys.Sessions(prefix, user)], cancellationToken))!;
        var ours = answer.Skip(1).Select(session => (string?)session).Where(SessionKey.IsSessionId);
        if ((long)answer[0] == 0)
        {
            // Something else is in the registry's place.
            ours = await FindOursAsync(what, user, cancellationToken);
            await _index.ListSessionsAsync(what, registry, [.. ours!], cancellationToken);
        }

        var sessions = new SortedSet<string>(ours!, StringComparer.Ordinal);
        if (includeExternal)
        {
            sessions.UnionWith(await FindAllAsync(what, user, cancellationToken));
        }

        return [.. sessions.Select(user.Session)];
    }

    private async Task<List<string>> FindAllAsync(string what, UserKey user, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var session in _index.WalkAsync(what, RedisKeys.Sessions(prefix, user), Suffix, cancellationToken))
        {
            if (SessionKey.IsSessionId(session))
            {
                found.Add(session);
            }
        }

        return found;
    }

    /// <summary>The live sessions that a run of ours owns.</summary>
    private async Task<List<string>> FindOursAsync(string what, UserKey user, CancellationToken cancellationToken)
    {
        var ours = new List<string>();
        foreach (var session in await FindAllAsync(what, user, cancellationToken))
        {
            var owner = new RedisKeys(prefix, user.Session(session)).Owner;
            if (await redis.RunAsync(what, database => database.KeyTypeAsync(owner), cancellationToken) == RedisType.Hash)
            {
                ours.Add(session);
            }
        }

        return ours;
    }
}
