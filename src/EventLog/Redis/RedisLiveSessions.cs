using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace AgentStream.EventLog.Redis;

/// <summary>Finds the live sessions of a user: ours in the user's registry, other libraries' among all keys.</summary>
internal sealed class RedisLiveSessions(RedisConnection redis, string prefix)
{
    private const string Suffix = ":live";

    // A bound on how long one step of a scan keeps Redis from others.
    private static readonly string ScanCount = 1_000.ToString(CultureInfo.InvariantCulture);

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
        var pattern = Glob(start) + "*" + Suffix;
        var cursor = "0";
        do
        {
            var from = cursor;
            var page = ((RedisResult[]?)await redis.RunAsync(
                what,
                database => database.ExecuteAsync("SCAN", from, "MATCH", pattern, "COUNT", ScanCount),
                cancellationToken))!;
            cursor = ((string?)page[0])!;
            sessions.UnionWith(((string[]?)page[1])!.Select(key => key[start.Length..^Suffix.Length]).Where(SessionKey.IsSessionId));
        }
        while (cursor != "0");
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
