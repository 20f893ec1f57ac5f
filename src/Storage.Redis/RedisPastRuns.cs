using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Reads the list of a session's past runs whose streams are still there: three words for each, the oldest first. They are run and turn, the cursor of the first entry, the cursor of the last.
/// What another program has put there is no list.
/// </summary>
internal static class RedisPastRuns
{
    private const int Words = 3;

    /// <summary>Finds the past run that a cursor stands in, or directly before.</summary>
    /// <param name="runs">The list.</param>
    /// <param name="after">The cursor.</param>
    /// <returns>The cursor of the run's first entry; null when there is no such run.</returns>
    public static Cursor? FirstOf(RedisValue runs, Cursor after) =>
        runs.IsNullOrEmpty ? null : Read(runs).Where(run => run.First.Previous <= after && after < run.Last).Select(run => (Cursor?)run.First).LastOrDefault();

    /// <summary>Finds a past run by its id.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runs">The list.</param>
    /// <param name="runId">The run.</param>
    /// <returns>The run; null when it is not in the list.</returns>
    public static RunInfo? Find(SessionKey key, RedisValue runs, string runId) => All(key, runs).LastOrDefault(run => run.Run.RunId == runId);

    /// <summary>Finds the past run that an entry is of.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runs">The list.</param>
    /// <param name="entry">The entry's cursor.</param>
    /// <returns>The run; null when it is not in the list.</returns>
    public static RunInfo? FindAt(SessionKey key, RedisValue runs, Cursor entry) => All(key, runs).LastOrDefault(run => run.Begin <= entry && entry <= run.Last);

    private static IEnumerable<RunInfo> All(SessionKey key, RedisValue runs) =>
        Read(runs).Select(run => new RunInfo(RunToken.Of(key, "", run.Fence), run.First, run.Last, HasEnded: true));

    private static IEnumerable<(string Fence, Cursor First, Cursor Last)> Read(RedisValue runs)
    {
        foreach (var words in runs.ToString().Split(' ').Chunk(Words))
        {
            if (words is [var fence, var first, var last] && Cursor.TryParse(first, out var begin) && Cursor.TryParse(last, out var end))
            {
                yield return (fence, begin, end);
            }
        }
    }
}
