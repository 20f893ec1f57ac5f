using System.Text;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>An index, a set of ours that only lists other keys: it is made again from those when another program has put something else in its place.</summary>
/// <param name="redis">The Redis.</param>
internal sealed class RedisIndex(RedisConnection redis)
{
    // Bounds on how long one step keeps Redis from others.
    private const int ScanCount = 1_000;
    private const int ListCount = 1_000;

    private static readonly RedisScript ListScript = RedisScript.Named("list.lua");

    /// <summary>Walks through the keys that begin and end with given texts.</summary>
    /// <returns>What each has in between.</returns>
    public async IAsyncEnumerable<string> WalkAsync(
        string what, string start, string end, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var key in redis.ScanAsync(what, $"{Glob(start)}*{Glob(end)}", ScanCount, cancellationToken))
        {
            yield return ((string?)key)![start.Length..^end.Length];
        }
    }

    /// <summary>Makes an index again.</summary>
    /// <param name="what">What is tried, for the error.</param>
    /// <param name="index">The index's key.</param>
    /// <param name="members">What it lists.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ListSessionsAsync(string what, string index, IReadOnlyCollection<string> members, CancellationToken cancellationToken)
    {
        // Also without members: something else is in its place.
        foreach (var some in members.Count == 0 ? [[]] : members.Chunk(ListCount))
        {
            await redis.ScriptAsync(what, ListScript, [index], [.. some.Select(member => (RedisValue)member)], cancellationToken);
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
