using System.Globalization;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Neighbours;

/// <summary>Redis itself, as its own <c>redis-benchmark</c> measures it: the same XADD, 256 of them in a pipeline (as many as a run puts into one append), one connection.</summary>
internal static class RedisBenchmark
{
    private const string Program = "redis-benchmark";

    /// <summary>Adds entries to streams by chance.</summary>
    /// <returns>Entries per second.</returns>
    public static async Task<double> RateAsync(Stage stage, int entries, int streams)
    {
        await stage.ClearAsync();
        var output = await Children.RunAsync(
            Program,
            "-p", Text(stage.Redis.Port), "-c", "1", "-P", "256", "-n", Text(entries), "-r", Text(streams), "--csv",
            "XADD", "s:__rand_int__", "*", "type", Protocol.Event, "origin", Protocol.DefaultEventOrigin, "body", TokenPlan.Body());

        // "test","rps","avg_latency_ms",... and one line of figures; the test's name is the command, with the body's quotes in it.
        var figures = output.Trim().Split('\n')[^1].Split("\",\"");
        return double.Parse(figures[^7], CultureInfo.InvariantCulture);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
