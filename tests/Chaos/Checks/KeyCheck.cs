using AgentStream.TestTools;

namespace AgentStream.Chaos;

/// <summary>Looks for keys that are left over when all runs have ended and all sessions are deleted.</summary>
internal static class KeyCheck
{
    // A request that nobody waits for any more (a delete whose answer was lost) may hold its session until its silo's lease is over and another has ended it.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);

    /// <summary>Looks while the silos still serve, until all is as it should be or has had its time.</summary>
    /// <param name="stage">Where.</param>
    /// <param name="isClosed">Whether a session was deleted; the journals of others may be there.</param>
    /// <param name="violations">Takes what is left over.</param>
    public static async Task CheckAsync(Stage stage, Func<string, bool> isClosed, Violations violations)
    {
        IReadOnlyList<string> left;
        var since = TimeProvider.System.GetTimestamp();
        while ((left = await stage.AskAsync(redis => LeftOverAsync(redis, isClosed))).Count > 0 && TimeProvider.System.GetElapsedTime(since) < Settled)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        foreach (var key in left)
        {
            violations.Add("-", "no key is left over when all has ended", key, "");
        }
    }

    /// <summary>Looks when all silos were stopped in order: their leases are given up.</summary>
    public static Task CheckLeasesAsync(Stage stage, Violations violations) => stage.AskAsync(async redis =>
    {
        foreach (var key in await redis.TextsAsync("KEYS", $"{Stage.Prefix}:#silo:*"))
        {
            violations.Add("-", "a silo that was stopped in order leaves neither lease nor runs", key!, "");
        }

        return true;
    });

    private static async Task<IReadOnlyList<string>> LeftOverAsync(RawRedis redis, Func<string, bool> isClosed)
    {
        var left = new List<string>();
        foreach (var key in await redis.TextsAsync("KEYS", $"{Stage.Prefix}:*"))
        {
            // A key may go while it is looked at.
            if (await WhyLeftOverAsync(redis, key!, isClosed) is { } reason && await redis.NumberAsync("EXISTS", key!) == 1)
            {
                left.Add($"{key}: {reason}");
            }
        }

        return left;
    }

    private static async Task<string?> WhyLeftOverAsync(RawRedis redis, string key, Func<string, bool> isClosed)
    {
        var words = key.Split(':');
        switch (words)
        {
            // The list of silos, and Orleans' own, are there as long as there are silos.
            // So are Data Protection's keys, and how much users and scopes have: a session that was deleted has no size.
            case [_, "#silos"] or [_, "#cluster", ..] or [_, "#keys", ..] or [_, "#sizes", _]:
                return null;
            case [_, "#sizes", _, _]:
                return (await redis.TextsAsync("HKEYS", key)).FirstOrDefault(session => isClosed(session!)) is { } sized ? $"has the size of {sized}, which was deleted" : null;
            case [_, "#journal", .., var session]:
                return isClosed(session) ? "of a session that was deleted" : null;
            case [_, "#journals", ..]:
                return (await redis.TextsAsync("ZRANGE", key, "0", "-1")).FirstOrDefault(session => isClosed(session!)) is { } listed ? $"lists {listed}, which was deleted" : null;
            case [_, "#titles", ..]:
                return (await redis.TextsAsync("HKEYS", key)).FirstOrDefault(session => isClosed(session!)) is { } titled ? $"has the title of {titled}, which was deleted" : null;
            case [_, "#silo", _]:
                return await ExpiresAsync("a lease");
            case [_, _, _, _, "run"]:
                return await redis.TextAsync("HGET", key, "ended") is null ? $"a run that has not ended, {string.Join(' ', await redis.TextsAsync("HGETALL", key))}" : await ExpiresAsync("an ended run");
            case [_, _, _, _, "past", _]:
                return await ExpiresAsync("a past run");
            case [_, _, _, _, "cancel", _]:
                return await ExpiresAsync("the answer to a cancel");
            case [_, _, _, _]:
                return words[1].StartsWith('#') ? "of nobody" : await ExpiresAsync("a stream");
            default:
                return "of nobody";
        }

        async Task<string?> ExpiresAsync(string what) => await redis.NumberAsync("PTTL", key) == -1 ? $"{what} that does not expire" : null;
    }
}
