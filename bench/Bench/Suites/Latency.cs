using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Roles;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>A token's way from the model to a listener's hands, in one process and across two, beside the least that a way through a Redis stream can take.</summary>
internal static class Latency
{
    private const double TokensPerSecond = 200;
    private const double MostOfMedian = 1;
    private const double MostOfTail = 2;
    private const double LeastOfLoad = 0.8;
    private const int Crowd = 16;

    public static async Task RunAsync(Stage stage)
    {
        var load = await HalfOfMaximumAsync(stage);
        var prefix = RedisServer.NewPrefix();
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, prefix);
        using var elsewhere = ChildProgram.InRole("listener", stage.Redis.Configuration, prefix);
        await elsewhere.LineAsync("ready");

        Add(stage, await MeasureAsync(stage, silo, elsewhere), "idle");

        var crowd = await CrowdAsync(silo, load / Crowd);
        var (before, started) = (await WrittenAsync(), Stopwatch.GetTimestamp());
        var sides = await MeasureAsync(stage, silo, elsewhere);
        var kept = (await WrittenAsync() - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Task.WhenAll(crowd.Select(key => silo.Client.CancelAsync(key)));
        if (kept < load * stage.Pick(LeastOfLoad, 0))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The load was {kept:#,0} events/s, and not {load:#,0}: it ended before the measurement did."));
        }

        Add(stage, sides, "half of the load");
        stage.Report.Note(string.Create(
            CultureInfo.InvariantCulture, $"latency: half of the load is {load:#,0} events/s from {Crowd} runs of the process that the tokens come from; it was {kept:#,0} events/s."));

        async Task<long> WrittenAsync()
        {
            var written = 0L;
            foreach (var key in crowd)
            {
                written += await stage.Raw.NumberAsync("XLEN", $"{prefix}:{key}");
            }

            return written;
        }
    }

    private static Task<List<double>[][]> MeasureAsync(Stage stage, LocalSilo silo, ChildProgram elsewhere)
    {
        var tokens = stage.Pick(500, 50);

        // The ratios of the same program differ by half from one round to the next.
        return stage.AlternateAsync(
            stage.Pick(9, 1),
            () => BarePair.AgesAsync(stage, tokens, TokensPerSecond),
            () => HereAsync(silo, tokens),
            () => ElsewhereAsync(silo, elsewhere, tokens),
            () => ClientPair.AgesAsync(stage, tokens, TokensPerSecond));
    }

    private static void Add(Stage stage, List<double>[][] sides, string load)
    {
        foreach (var (ages, where) in ((List<double>[], string)[])[(sides[1], "same process"), (sides[2], "across two processes")])
        {
            AddPart("p50", 0.5, MostOfMedian);
            AddPart("p99", 0.99, MostOfTail);

            void AddPart(string name, double part, double most)
            {
                var what = $"{name}, {where}, {load}";
                stage.Report.Add(new("latency", what, Of(ages, part), "bare XADD → XREAD BLOCK", Of(sides[0], part), Goal.RatioAtMost(most)));
                stage.Report.Add(new("latency", what, Of(ages, part), "XADD → XREAD BLOCK, same client", Of(sides[3], part)));
            }
        }
    }

    private static Figure Of(List<double>[] rounds, double part) =>
        new("µs", [.. rounds.Select(ages => ages.Order().ElementAt((int)((ages.Count - 1) * part)))]);

    private static async Task<List<double>> HereAsync(LocalSilo silo, int tokens)
    {
        var key = await StartAsync(silo, tokens);
        return Whole(await ListenerRole.AgesAsync(silo.Client, key, silo.Gate.OpenOnce), tokens);
    }

    private static async Task<List<double>> ElsewhereAsync(LocalSilo silo, ChildProgram elsewhere, int tokens)
    {
        var key = await StartAsync(silo, tokens);
        await elsewhere.TellAsync(key.ToString());
        await elsewhere.LineAsync("listening");
        silo.Gate.OpenOnce();
        const string Answer = "ages: ";
        return Whole(JsonSerializer.Deserialize<List<double>>((await elsewhere.LineAsync(Answer))[Answer.Length..])!, tokens);
    }

    private static async Task<SessionKey> StartAsync(LocalSilo silo, int tokens)
    {
        var key = new SessionKey(1, 1, SessionKey.NewSessionId());
        await silo.RunAsync(key, new(tokens, TokensPerSecond, AtGate: true, Stamped: true));
        await silo.Gate.ReachedAsync(1);
        return key;
    }

    private static List<double> Whole(List<double> ages, int tokens) =>
        ages.Count == tokens ? ages : throw new InvalidOperationException($"{ages.Count} of {tokens} tokens came.");

    private static async Task<double> HalfOfMaximumAsync(Stage stage)
    {
        await using var runs = await Append.Runs.StartAsync(stage);
        var tokens = stage.Pick(131_072, 8_192);
        var rates = await stage.AlternateAsync(() => runs.RateAsync(tokens, Crowd));
        await stage.ClearAsync();
        return Figure.MedianOf(rates[0]) / 2;
    }

    /// <summary>Runs that continue until they are canceled.</summary>
    private static async Task<List<SessionKey>> CrowdAsync(LocalSilo silo, double rate)
    {
        var keys = Enumerable.Range(0, Crowd).Select(i => new SessionKey(1, 2, string.Create(CultureInfo.InvariantCulture, $"crowd{i}"))).ToList();
        foreach (var key in keys)
        {
            await silo.RunAsync(key, new(int.MaxValue, rate));
        }

        return keys;
    }
}
