using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>Browser tabs that each follow a session over its runs: what many of them on one session cost more than one, while nothing happens and when a run begins.</summary>
internal static class Tabs
{
    private const int Sessions = 100;
    private const int TabsOfEach = 10;
    private const double MostOfOne = 1.1;
    private const double MostKiB = 4;

    public static async Task RunAsync(Stage stage)
    {
        var tokens = stage.Pick(300, 20);
        var sides = await stage.AlternateAsync(() => OnceAsync(stage, TabsOfEach, tokens), () => OnceAsync(stage, 1, tokens));
        Figure Of(int side, string unit, Func<Result, double> value) => new(unit, [.. sides[side].Select(value)]);
        const string One = "one tab for each";
        var what = string.Create(CultureInfo.InvariantCulture, $"{Sessions * TabsOfEach:#,0} tabs, {Sessions} sessions");
        stage.Report.Add(new("fanout", $"{what}: commands of Redis between runs", Of(0, "/s", r => r.Commands), One, Of(1, "/s", r => r.Commands), Goal.RatioAtMost(MostOfOne)));
        stage.Report.Add(new("fanout", $"{what}: memory of one between runs", Of(0, "KiB", r => r.KiB), Goal: Goal.AtMost(MostKiB, "≤ 4 KiB")));
        stage.Report.Add(new("fanout", $"{what}, a run for each: delivered", Of(0, "events/s", r => r.Rate), One, Of(1, "events/s", r => r.Rate)));
    }

    private static async Task<Result> OnceAsync(Stage stage, int tabs, int tokens)
    {
        // A session without a run is looked at each 5 s.
        var idle = TimeSpan.FromSeconds(stage.Pick(10, 5));
        await stage.ClearAsync();
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, RedisServer.NewPrefix());
        var keys = Enumerable.Range(0, Sessions).Select(i => new SessionKey(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{i}"))).ToList();
        using var stop = new CancellationTokenSource();
        var heard = new int[keys.Count * tabs];
        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        var listening = Enumerable.Range(0, heard.Length).Select(tab => ListenAsync(silo, keys[tab % keys.Count], count => Volatile.Write(ref heard[tab], count), stop.Token)).ToList();

        // The first look of each is over.
        await Task.Delay(idle / 2);
        var before = await RedisCounters.CommandsAsync(stage.Raw);
        await Task.Delay(idle);
        var commands = (await RedisCounters.CommandsAsync(stage.Raw) - before) / idle.TotalSeconds;
        var kib = (GC.GetTotalMemory(forceFullCollection: true) - bytes) / 1024.0 / heard.Length;

        var each = tokens + TokenPlan.OtherEvents;
        var started = Stopwatch.GetTimestamp();
        foreach (var key in keys)
        {
            await silo.RunAsync(key, new(tokens, AtGate: false));
        }

        await Wait.Until(() => Array.TrueForAll(heard, count => count == each), "every tab has the run to its end");
        var rate = each * heard.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(listening);
        return new(commands, kib, rate);
    }

    private static async Task ListenAsync(LocalSilo silo, SessionKey key, Action<int> heard, CancellationToken stop)
    {
        var count = 0;
        try
        {
            await foreach (var _ in silo.Client.ListenToSessionAsync(key, cancellationToken: stop))
            {
                heard(++count);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The tab is closed.
        }
    }

    private readonly record struct Result(double Commands, double KiB, double Rate);
}
