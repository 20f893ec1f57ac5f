using System.Text;

namespace AgentStream.EventLog.Redis;

/// <summary>Finds the live sessions of a user: ours in the user's registry, other libraries' among all keys.</summary>
internal sealed class RedisLiveSessions(RedisConnection redis, string prefix)
{
    private const string Suffix = ":live";

    // A bound on how long one step of a scan keeps Redis from others.
    private const int ScanCount = 1_000;

    private static readonly RedisScript QueryScript = RedisScript.Own("query.lua");

    public async Task<IReadOnlyList<SessionKey>> QueryAsync(UserKey user, bool includeForeign, CancellationToken cancellationToken)
    {
        var what = $"query the live sessions of user {user}";
        var start = RedisKeys.Sessions(prefix, user);
        var answer = await redis.ScriptAsync(what, QueryScript, [RedisKeys.Registry(prefix, user)], [start], cancellationToken);
        var sessions = new SortedSet<string>(((string[]?)answer)!, StringComparer.Ordinal);
        if (includeForeign)
        {
            await ScanAsync(what, start, sessions, cancellationToken);
        }

        return [.. sessions.Select(user.Session)];
    }

    private async Task ScanAsync(string what, string start, SortedSet<string> sessions, CancellationToken cancellationToken)
    {
        await foreach (var key in redis.ScanAsync(what, Glob(start) + "*" + Suffix, ScanCount, cancellationToken))
        {
            var session = ((string?)key)![start.Length..^Suffix.Length];
            if (SessionKey.IsSessionId(session))
            {
                sessions.Add(session);
            }
        }
    }

    /// <summary>A text as a pattern that fits that text alone.</summary>
    private static string Glob(string text)
    {
        var pattern = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            pattern.Append(c is '*' or '?' or '[' or ']' or '\\' or '^' ? "\\" : "").Append(c);
        }

        return pattern.ToString();
    }
}
