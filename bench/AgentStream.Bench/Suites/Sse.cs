using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.Testing;

namespace AgentStream.Bench.Suites;

/// <summary>A silo of its own with many HTTP connections: what an event costs it for each.</summary>
internal static class Sse
{
    private const int Runs = 10;
    private const double Pace = 30;
    private const double MostAllocated = 8;

    public static async Task RunAsync(Stage stage)
    {
        var connections = stage.Pick(1_000, 100);
        var arguments = (string[])[$"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}", .. ChildProgram.OnFreePorts()];
        using var silo = ChildProgram.InRole("silo", arguments);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = await silo.UrlAsync(), Timeout = TimeSpan.FromMinutes(2) };
        foreach (var (rate, tokens, how) in ((double, int, string)[])[(Pace, stage.Pick(150, 20), $"{Pace} tokens/s a run"), (0, stage.Pick(1_000, 50), "as fast as it may")])
        {
            var sides = await stage.AlternateAsync(
                () => CostAsync(silo, http, () => OursAsync(http, connections, tokens, rate)),
                () => CostAsync(silo, http, () => BareAsync(http, connections, tokens, rate)));
            Figure Of(int side, string unit, Func<Cost, double> value) => new(unit, [.. sides[side].Select(value)]);
            var what = string.Create(CultureInfo.InvariantCulture, $"{connections:#,0} connections to {Runs} runs, {how}");
            const string Bare = "the same frames from Kestrel alone";
            stage.Report.Add(new("sse", $"{what}: processor time of an event", Of(0, "µs", c => c.Microseconds), Bare, Of(1, "µs", c => c.Microseconds)));
            stage.Report.Add(new("sse", $"{what}: allocated for an event", Of(0, "bytes", c => c.Allocated), Bare, Of(1, "bytes", c => c.Allocated), Goal.AtMost(MostAllocated, "→ 0 (≤ 8 bytes)")));
        }
    }

    /// <summary>What the silo takes for each frame that arrives.</summary>
    private static async Task<Cost> CostAsync(ChildProgram silo, HttpClient http, Func<Task<Func<Task<long>>>> open)
    {
        var listen = await open();
        var (time, allocated) = (silo.ProcessorTime, await AllocatedAsync(http));
        var frames = await listen();
        return new((silo.ProcessorTime - time).TotalMicroseconds / frames, (double)(await AllocatedAsync(http) - allocated) / frames);
    }

    /// <summary>Starts runs that wait, and connects to them.</summary>
    /// <returns>Lets them go, and completes with the number of frames that came.</returns>
    private static async Task<Func<Task<long>>> OursAsync(HttpClient http, int connections, int tokens, double rate)
    {
        var sessions = Enumerable.Range(0, Runs).Select(_ => SessionKey.NewSessionId()).ToList();
        var followers = new List<Stream>();
        foreach (var session in sessions)
        {
            var ask = new HttpRequestMessage(HttpMethod.Post, "chat")
            {
                Content = JsonContent.Create(new { prompt = new TokenPlan(tokens, rate, AtGate: true).ToString(), session_id = session }),
            };
            followers.Add(await OpenAsync(http, ask));
            for (var i = 1; i < connections / Runs; i++)
            {
                followers.Add(await OpenAsync(http, new(HttpMethod.Get, $"chat/{session}/stream")));
            }
        }

        return async () =>
        {
            using var opened = await http.PostAsync($"bench/gate?models={Runs}", null);
            var counts = await Task.WhenAll(followers.Select(FramesAsync));

            // Each has all tokens and what stands around them, but for `begin`, which some may have read before.
            return counts.All(count => count >= tokens + TokenPlan.OtherEvents - 2) ? counts.Sum() : throw new InvalidOperationException("A connection lost events.");
        };
    }

    private static async Task<Func<Task<long>>> BareAsync(HttpClient http, int connections, int tokens, double rate)
    {
        var followers = new List<Stream>();
        for (var i = 0; i < connections; i++)
        {
            followers.Add(await OpenAsync(http, new(HttpMethod.Get, "bare")));
        }

        return async () =>
        {
            var reading = Task.WhenAll(followers.Select(FramesAsync));
            using var sent = await http.PostAsync(string.Create(CultureInfo.InvariantCulture, $"bare?tokens={tokens}&rate={rate}"), null);
            sent.EnsureSuccessStatusCode();
            return (await reading).Sum();
        };
    }

    private static async Task<Stream> OpenAsync(HttpClient http, HttpRequestMessage request)
    {
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
    }

    /// <summary>Counts the frames of a response: each has one line of data.</summary>
    private static async Task<long> FramesAsync(Stream stream)
    {
        await using var _ = stream;
        var buffer = new byte[16 * 1024];
        var (frames, wasNewLine) = (0L, false);
        while (await stream.ReadAsync(buffer) is var length and > 0)
        {
            foreach (var next in buffer.AsSpan(0, length))
            {
                frames += wasNewLine && next == (byte)'\n' ? 1 : 0;
                wasNewLine = next == (byte)'\n';
            }
        }

        return frames;
    }

    private static async Task<long> AllocatedAsync(HttpClient http) => long.Parse(await http.GetStringAsync("bench/allocated"), CultureInfo.InvariantCulture);

    private readonly record struct Cost(double Microseconds, double Allocated);
}
