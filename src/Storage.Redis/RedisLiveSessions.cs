using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Finds the live sessions of a user: ours in the user's registry, other libraries' by a scan over all keys. One scan answers for all users: this process has one under way at a time, and its answer
/// serves for a second.
/// </summary>
internal sealed class RedisLiveSessions
{
    private const string Suffix = ":live";

    private static readonly RedisScript QueryScript = RedisScript.Named("query.lua");

    private readonly RedisConnection _redis;
    private readonly string _prefix;
    private readonly RedisIndex _index;
    private readonly SharedScan<ILookup<UserKey, string>> _scan;

    public RedisLiveSessions(RedisConnection redis, string prefix)
    {
        (_redis, _prefix, _index) = (redis, prefix, new(redis));
        _scan = new(FindAllAsync, redis.Time);
    }

    public async Task<IReadOnlyList<SessionKey>> GetLiveSessionsAsync(UserKey user, bool includeExternal, CancellationToken cancellationToken)
    {
        var what = $"query the live sessions of user {user}";
        var registry = RedisKeys.Registry(_prefix, user);
        var answer = ((RedisResult[]?)await _redis.ScriptAsync(what, QueryScript, [registry], [RedisKeys.Sessions(_prefix, user)], cancellationToken))!;
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
            sessions.UnionWith((await _scan.GetAsync(cancellationToken))[user]);
        }

        return [.. sessions.Select(user.Session)];
    }

    /// <summary>How many sessions of ours are live, of a user and of its scope.</summary>
    public async Task<UsageCount> CountAsync(UserKey user, CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(
            CountAsync(user, RedisKeys.Registry(_prefix, user), cancellationToken), CountAsync(user, RedisKeys.Registry(_prefix, user.Scope), cancellationToken));
        return new(counts[0], counts[1]);
    }

    private Task<long> CountAsync(UserKey user, string registry, CancellationToken cancellationToken) =>
        _redis.RunAsync($"count the live sessions of user {user}", database => database.SetLengthAsync(registry), cancellationToken, registry);

    /// <summary>The sessions of all users that have a live flag, whoever set it.</summary>
    private async Task<ILookup<UserKey, string>> FindAllAsync()
    {
        var found = new List<SessionKey>();
        await foreach (var name in _index.WalkAsync("find all live sessions", $"{_prefix}:", Suffix, CancellationToken.None))
        {
            if (SessionKey.TryParse(name, out var key))
            {
                found.Add(key);
            }
        }

        return found.ToLookup(key => key.UserKey, key => key.Session);
    }

    /// <summary>The same of one user.</summary>
    private async Task<List<string>> FindOfAsync(string what, UserKey user, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var session in _index.WalkAsync(what, RedisKeys.Sessions(_prefix, user), Suffix, cancellationToken))
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
        foreach (var session in await FindOfAsync(what, user, cancellationToken))
        {
            var owner = new RedisKeys(_prefix, user.Session(session)).Owner;
            if (await _redis.RunAsync(what, database => database.KeyTypeAsync(owner), cancellationToken) == RedisType.Hash)
            {
                ours.Add(session);
            }
        }

        return ours;
    }
}
