using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>Two silos, of which one is killed with all its runs: how long until the last of them continues in the other.</summary>
internal static class Takeover
{
    private const double LeaseSeconds = 10;
    private const double Slack = 2;

    public static async Task RunAsync(Stage stage)
    {
        var runs = stage.Pick(1_000, 50);
        var last = new List<double>();
        for (var round = 0; round < stage.Rounds; round++)
        {
            last.Add(await OnceAsync(stage, runs));
            await stage.ClearAsync();
        }

        stage.Report.Add(new(
            "takeover", string.Create(CultureInfo.InvariantCulture, $"kill -9 of a silo with {runs:#,0} runs: until the last continues elsewhere"), new("s", last),
            Goal: Goal.AlwaysAtMost(LeaseSeconds + Slack, string.Create(CultureInfo.InvariantCulture, $"≤ {LeaseSeconds + Slack} s (lease + 2 s)"))));
    }

    private static async Task<double> OnceAsync(Stage stage, int runs)
    {
        var prefix = RedisServer.NewPrefix();
        var arguments = (string[])[
            $"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={prefix}",
            string.Create(CultureInfo.InvariantCulture, $"--AgentStream:Lease={TimeSpan.FromSeconds(LeaseSeconds):c}")];
        using var first = ChildProgram.InRole("silo", [.. arguments, .. ChildProgram.OnFreePort()]);
        using var http = new HttpClient { BaseAddress = await first.UrlAsync() };

        // Who has no agents takes nothing over; it only listens.
        await using var watching = await LocalSilo.StartAsync(stage.Redis.Configuration, prefix, hasAgent: false);
        var sessions = Enumerable.Range(0, runs).Select(i => string.Create(CultureInfo.InvariantCulture, $"s{i}")).ToList();
        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = 16 }, (session, _) => StartAsync(http, session));

        // Only now, so that the first has all runs: placement would spread them.
        using var second = ChildProgram.InRole("silo", [.. arguments, .. ChildProgram.OnFreePort()]);
        await second.UrlAsync();
        using var stop = new CancellationTokenSource();
        var begun = 0;
        var resumed = sessions.Select(session => ResumedAsync(watching, session, () => Interlocked.Increment(ref begun), stop.Token)).ToList();
        await Wait.Until(() => Volatile.Read(ref begun) == runs, "every run says something");

        var killed = Stopwatch.GetTimestamp();
        first.Dispose();
        var last = (await Task.WhenAll(resumed).Within("every run continues")).Max();
        await stop.CancelAsync();
        return Stopwatch.GetElapsedTime(killed, last).TotalSeconds;
    }

    private static async ValueTask StartAsync(HttpClient http, string session)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, "chat")
        {
            Content = JsonContent.Create(new { prompt = new TokenPlan(int.MaxValue, 1).ToString(), session_id = session }),
        };
        using var answer = await http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Follows a run until it continues in another process.</summary>
    /// <returns>When that was heard.</returns>
    private static async Task<long> ResumedAsync(LocalSilo watching, string session, Action speaks, CancellationToken cancellationToken)
    {
        var spoke = false;
        await foreach (var item in watching.Client.ListenRawAsync(new SessionKey(1, 1, session), cancellationToken: cancellationToken))
        {
            if (item.Type == Protocol.Info)
            {
                return Stopwatch.GetTimestamp();
            }

            if (!spoke && item.Type == Protocol.Event && item.Body.Span.IndexOf("part_start"u8) >= 0)
            {
                spoke = true;
                speaks();
            }
        }

        throw new InvalidOperationException($"The run of {session} ended instead of continuing.");
    }
}
