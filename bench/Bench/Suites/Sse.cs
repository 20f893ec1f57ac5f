using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>A silo of its own with many HTTP connections: what an event costs it for each.</summary>
internal static class Sse
{
    private const int Runs = 10;
    private const int MostAnswers = 300;
    private const double Pace = 30;
    private const double MostAllocated = 8;

    public static async Task RunAsync(Stage stage)
    {
        var connections = stage.Pick(1_000, 100);
        var arguments = (string[])[$"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}", .. ChildProgram.OnFreePort()];
        using var silo = ChildProgram.InRole("silo", arguments);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = await silo.UrlAsync(), Timeout = TimeSpan.FromMinutes(2) };
        await SizeAsync(stage, silo, http);
        foreach (var (rate, tokens, how) in ((double, int, string)[])[(Pace, stage.Pick(150, 20), $"{Pace} tokens/s a run"), (0, stage.Pick(1_000, 50), "as fast as it may")])
        {
            var sides = await stage.AlternateAsync(
                () => CostAsync(stage, silo, http, tokens, rate, () => OursAsync(http, Runs, connections, tokens, rate)),
                () => CostAsync(stage, silo, http, tokens, rate, () => BareAsync(http, connections, tokens, rate)),
                () => CostAsync(stage, silo, http, tokens, rate, () => OursAsync(http, Runs, Runs, tokens, rate)));
            Figure Of(int side, string unit, Func<Cost, double> value) => new(unit, [.. sides[side].Select(value)]);
            var what = string.Create(CultureInfo.InvariantCulture, $"{connections:#,0} connections to {Runs} runs, {how}");
            const string Bare = "the same frames from Kestrel alone";
            stage.Report.Add(new("sse", $"{what}: processor time of an event", Of(0, "µs", c => c.Microseconds), Bare, Of(1, "µs", c => c.Microseconds)));
            stage.Report.Add(new("sse", $"{what}: allocated for an event", Of(0, "bytes", c => c.Allocated), Bare, Of(1, "bytes", c => c.Allocated)));

            // What a token costs before it comes to the edge is in both, once for all connections of its run.
            var perRun = connections / Runs;
            var edge = sides[0].Zip(sides[2], (many, one) => ((many.Allocated * perRun) - one.Allocated) / (perRun - 1));
            stage.Report.Add(new(
                "sse", $"{what}: allocated for an event and a connection, at the edge", new("bytes", [.. edge]), Goal: Goal.AtMost(MostAllocated, "→ 0 (≤ 8 bytes)")));
            stage.Report.Add(new("sse", $"one connection to each of {Runs} runs, {how}: allocated for a token, from the model to the connection", Of(2, "bytes", c => c.Allocated)));
        }
    }

    /// <summary>What an answer takes that one person reads: for how many a machine is enough.</summary>
    private static async Task SizeAsync(Stage stage, ChildProgram silo, HttpClient http)
    {
        var (answers, tokens) = (stage.Pick(MostAnswers, Runs), stage.Pick(300, 20));
        var rounds = (await stage.AlternateAsync(() => CostAsync(stage, silo, http, tokens, Pace, () => OursAsync(http, answers, answers, tokens, Pace)))).Single();
        var what = string.Create(CultureInfo.InvariantCulture, $"{answers} answers, {Pace} tokens/s each, one connection to each: processor time of a token");
        stage.Report.Add(new("sse", $"{what}, in the silo", new("µs", [.. rounds.Select(c => c.Microseconds)])));
        stage.Report.Add(new("sse", $"{what}, in Redis", new("µs", [.. rounds.Select(c => c.OfRedis)])));
    }

    /// <summary>What the silo takes for each frame that arrives; at a pace, only in the middle, when all connections stand and none has ended.</summary>
    private static async Task<Cost> CostAsync(Stage stage, ChildProgram silo, HttpClient http, int tokens, double rate, Func<Task<Broadcast>> open)
    {
        var broadcast = await open();
        var start = await SpentAsync();
        var (before, after) = (start, start);
        var over = broadcast.GoAsync();
        if (rate > 0)
        {
            await Wait.Until(() => broadcast.Followers.All(follower => follower.Frames > tokens / 4), "a quarter of the tokens");
            before = await SpentAsync();
            await Wait.Until(() => broadcast.Followers.All(follower => follower.Frames > tokens * 3 / 4), "three quarters of the tokens");
            after = await SpentAsync();
        }

        await over;
        if (after.Frames == before.Frames)
        {
            // Without a pace, or when the machine stood still until all had arrived.
            (before, after) = (start, await SpentAsync());
        }

        var frames = after.Frames - before.Frames;
        return new(
            (after.Time - before.Time).TotalMicroseconds / frames,
            (double)(after.Allocated - before.Allocated) / frames,
            (after.OfRedis - before.OfRedis).TotalMicroseconds / frames);

        async Task<(TimeSpan Time, long Allocated, TimeSpan OfRedis, long Frames)> SpentAsync() =>
            (silo.ProcessorTime, await AllocatedAsync(http), await RedisCounters.ProcessorTimeAsync(stage.Raw), broadcast.Followers.Sum(follower => follower.Frames));
    }

    /// <summary>Starts runs that wait, and connects to them.</summary>
    private static async Task<Broadcast> OursAsync(HttpClient http, int runs, int connections, int tokens, double rate)
    {
        var sessions = Enumerable.Range(0, runs).Select(_ => SessionKey.NewSessionId()).ToList();
        var followers = new List<Follower>();
        foreach (var session in sessions)
        {
            var ask = new HttpRequestMessage(HttpMethod.Post, "chat")
            {
                Content = JsonContent.Create(new { prompt = new TokenPlan(tokens, rate, AtGate: true).ToString(), session_id = session }),
            };
            followers.Add(await Follower.OpenAsync(http, ask));
            for (var i = 1; i < connections / runs; i++)
            {
                followers.Add(await Follower.OpenAsync(http, new(HttpMethod.Get, $"chat/{session}/stream")));
            }
        }

        return new(followers, async () =>
        {
            using var opened = await http.PostAsync($"bench/gate?models={runs}", null);
            await Task.WhenAll(followers.Select(follower => follower.ReadAsync()));

            // Each has all tokens and what stands around them, but for `begin`, which some may have read before.
            if (followers.Any(follower => follower.Frames < tokens + TokenPlan.OtherEvents - 2))
            {
                throw new InvalidOperationException("A connection lost events.");
            }
        });
    }

    private static async Task<Broadcast> BareAsync(HttpClient http, int connections, int tokens, double rate)
    {
        var followers = new List<Follower>();
        for (var i = 0; i < connections; i++)
        {
            followers.Add(await Follower.OpenAsync(http, new(HttpMethod.Get, "bare")));
        }

        return new(followers, async () =>
        {
            var reading = Task.WhenAll(followers.Select(follower => follower.ReadAsync()));
            using var sent = await http.PostAsync(string.Create(CultureInfo.InvariantCulture, $"bare?tokens={tokens}&rate={rate}"), null);
            sent.EnsureSuccessStatusCode();
            await reading;
        });
    }

    private static async Task<long> AllocatedAsync(HttpClient http) => long.Parse(await http.GetStringAsync("bench/allocated"), CultureInfo.InvariantCulture);

    private readonly record struct Cost(double Microseconds, double Allocated, double OfRedis);

    /// <param name="Followers">The connections.</param>
    /// <param name="GoAsync">Lets the tokens come, and completes when all have arrived.</param>
    private sealed record Broadcast(IReadOnlyList<Follower> Followers, Func<Task> GoAsync);

    /// <summary>A connection that counts the frames of its response: each has one line of data.</summary>
    private sealed class Follower(Stream stream)
    {
        private long _frames;

        public long Frames => Volatile.Read(ref _frames);

        public static async Task<Follower> OpenAsync(HttpClient http, HttpRequestMessage request)
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return new(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        }

        public async Task ReadAsync()
        {
            await using var _ = stream;
            var buffer = new byte[16 * 1024];
            var wasNewLine = false;
            while (await stream.ReadAsync(buffer) is var length and > 0)
            {
                foreach (var next in buffer.AsSpan(0, length))
                {
                    _frames += wasNewLine && next == (byte)'\n' ? 1 : 0;
                    wasNewLine = next == (byte)'\n';
                }
            }
        }
    }
}
