using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>One session that grows: does its thousandth prompt cost what its first did?</summary>
internal static class History
{
    private const int Tokens = 10;
    private const double MostGrowth = 1.5;

    public static async Task RunAsync(Stage stage)
    {
        var (prompts, sample) = (stage.Pick(1_000, 40), stage.Pick(100, 10));
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, RedisServer.NewPrefix());
        var sides = await stage.AlternateAsync(
            () => OursAsync(stage, silo, prompts),
            () => PythonWay.HistoryAsync(stage, prompts, Tokens));

        Add("time of a prompt", "ms", costs => costs.Milliseconds);
        Add("sent to Redis for a prompt", "bytes", costs => costs.Bytes);

        void Add(string name, string unit, Func<(double[] Milliseconds, double[] Bytes), double[]> cost)
        {
            Figure First(int side) => new(unit, [.. sides[side].Select(costs => Figure.MedianOf(cost(costs).Take(sample)))]);
            Figure Last(int side) => new(unit, [.. sides[side].Select(costs => Figure.MedianOf(cost(costs).TakeLast(sample)))]);
            var last = string.Create(CultureInfo.InvariantCulture, $"{name}, {prompts - sample + 1} to {prompts}");
            stage.Report.Add(new("history", last, Last(0), $"1 to {sample}", First(0), Goal.RatioAtMost(MostGrowth)));
            stage.Report.Add(new("history", last, Last(0), "saved whole, the Python way", Last(1)));
        }
    }

    private static async Task<(double[] Milliseconds, double[] Bytes)> OursAsync(Stage stage, LocalSilo silo, int prompts)
    {
        var key = new SessionKey(1, 1, SessionKey.NewSessionId());
        var request = new RunRequest(new TokenPlan(Tokens).ToString());
        var (milliseconds, bytes) = (new double[prompts], new double[prompts]);
        for (var i = 0; i < prompts; i++)
        {
            var before = await RedisCounters.BytesReceivedAsync(stage.Raw);
            var started = Stopwatch.GetTimestamp();
            await foreach (var _ in silo.Client.StartAndListenAsync(key, request))
            {
            }

            milliseconds[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            bytes[i] = await RedisCounters.BytesReceivedAsync(stage.Raw) - before;
        }

        return (milliseconds, bytes);
    }
}
