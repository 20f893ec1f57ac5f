using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>Runs of one process that all wait for a slow model: their memory, and what the process says to Redis to keep them.</summary>
internal static class Live
{
    private const double MostKiB = 8;
    private const double MostGrowth = 1.5;
    private const int Starters = 64;

    public static async Task RunAsync(Stage stage)
    {
        var all = stage.Pick(100_000, 2_000);
        var prefix = RedisServer.NewPrefix();
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, prefix);
        await StartAsync(silo, 0, Starters);

        var (heap, resident, redis) = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, await RedisCounters.MemoryAsync(stage.Raw));
        var started = Stopwatch.GetTimestamp();
        await StartAsync(silo, Starters, all / 10);
        var few = await TrafficAsync(stage);
        await StartAsync(silo, all / 10, all);
        var startTime = Stopwatch.GetElapsedTime(started);
        var many = await TrafficAsync(stage);

        Figure PerRun(double bytes) => new("KiB", [bytes / 1024 / (all - Starters)]);
        var what = string.Create(CultureInfo.InvariantCulture, $"{all:#,0} live runs");
        stage.Report.Add(new("live", $"{what}: managed memory of one", PerRun(GC.GetTotalMemory(forceFullCollection: true) - heap), Goal: Goal.AtMost(MostKiB, "≤ 8 KiB")));
        stage.Report.Add(new("live", $"{what}: resident memory of one", PerRun(Environment.WorkingSet - resident)));
        stage.Report.Add(new("live", $"{what}: memory of one in Redis", PerRun(await RedisCounters.MemoryAsync(stage.Raw) - redis)));
        stage.Report.Add(new(
            "live", $"{what}: sent to Redis while nothing happens", new("KiB/s", [many]),
            string.Create(CultureInfo.InvariantCulture, $"{all / 10:#,0} live runs"), new("KiB/s", [few]), Goal.RatioAtMost(MostGrowth)));

        await silo.Gate.ReachedAsync(all);
        var ending = Stopwatch.GetTimestamp();
        silo.Gate.OpenOnce();
        await UntilNoneIsLiveAsync(stage, prefix);
        stage.Report.Note(string.Create(
            CultureInfo.InvariantCulture, $"live: {all:#,0} runs were started in {startTime.TotalSeconds:0} s (with a pause for the measurement) and ended, all at once, within {Stopwatch.GetElapsedTime(ending).TotalSeconds:0} s."));
    }

    private static Task StartAsync(LocalSilo silo, int from, int to)
    {
        var plan = new TokenPlan(1, AtGate: true);
        return Parallel.ForEachAsync(
            Enumerable.Range(from, to - from),
            new ParallelOptions { MaxDegreeOfParallelism = Starters },
            async (i, _) => await silo.RunAsync(new(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{i}")), plan));
    }

    /// <summary>What is sent to Redis in a second, over two renewals of the lease.</summary>
    private static async Task<double> TrafficAsync(Stage stage)
    {
        var seconds = stage.Pick(6, 3);
        var before = await RedisCounters.BytesReceivedAsync(stage.Raw);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return (await RedisCounters.BytesReceivedAsync(stage.Raw) - before) / 1024.0 / seconds;
    }

    private static async Task UntilNoneIsLiveAsync(Stage stage, string prefix)
    {
        const int Seconds = 120;
        for (var i = 0; await stage.Raw.NumberAsync("SCARD", $"{prefix}:#registry:1:1") is var live and > 0; i++)
        {
            if (i == Seconds)
            {
                throw new TimeoutException($"{live} runs have not ended within {Seconds} s.");
            }

            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }
}
