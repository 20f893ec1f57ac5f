using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>A user's five live sessions among ever more keys of others.</summary>
internal static class Query
{
    private const int LiveSessions = 5;
    private const double MostMilliseconds = 1;
    private const double MostGrowth = 1.5;
    private const int KeysInAScript = 50_000;

    public static async Task RunAsync(Stage stage)
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, prefix);
        for (var i = 0; i < LiveSessions; i++)
        {
            await silo.RunAsync(new(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{i}")), new(1, AtGate: true));
        }

        var (there, first) = (0, (Figure?)null);
        foreach (var keys in stage.Pick<int[]>([1_000, 100_000, 1_000_000], [1_000, 10_000]))
        {
            await PopulateAsync(stage, there, there = keys);
            var sides = await stage.AlternateAsync(
                () => OursAsync(silo, stage.Pick(500, 50)),
                () => PythonWay.GetLiveSessionsAsync(stage, prefix, LiveSessions));
            var ours = new Figure("ms", sides[0]);
            var what = string.Create(CultureInfo.InvariantCulture, $"{LiveSessions} live sessions among {keys:#,0} keys");
            stage.Report.Add(new("query", what, ours, "SCAN, the Python way", new("ms", sides[1]), Goal.AtMost(MostMilliseconds, "< 1 ms")));
            if (first is not null)
            {
                stage.Report.Add(new("query", what, ours, "among 1,000 keys", first, Goal.RatioAtMost(MostGrowth)));
            }

            first ??= ours;
        }

        await silo.Gate.ReachedAsync(LiveSessions);
        silo.Gate.OpenOnce();
    }

    private static async Task<double> OursAsync(LocalSilo silo, int times)
    {
        var took = new double[times];
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var found = await silo.Client.GetLiveSessionsAsync(new UserKey(1, 1));
            took[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (found.Length != LiveSessions)
            {
                throw new InvalidOperationException($"{found.Length} sessions were found, not {LiveSessions}.");
            }
        }

        return Figure.MedianOf(took);
    }

    /// <summary>Keys of other sessions, made by the server itself.</summary>
    private static async Task PopulateAsync(Stage stage, int from, int to)
    {
        const string Script = "for i = ARGV[1], ARGV[2] - 1 do redis.call('SET', 'other:1:2:' .. i .. ':live', '1') end";
        for (var next = from; next < to; next += KeysInAScript)
        {
            await stage.Raw.CallAsync("EVAL", Script, "0", Text(next), Text(Math.Min(to, next + KeysInAScript)));
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
