using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>Two silos of one cluster. Runs of the one are canceled through the other, over HTTP: how long until the model's stream is stopped.</summary>
internal static class Cancel
{
    private const double Most = 100;

    public static async Task RunAsync(Stage stage)
    {
        var (prefix, cluster) = (RedisServer.NewPrefix(), RedisServer.NewPrefix());
        await using var owner = await LocalSilo.StartAsync(stage.Redis.Configuration, prefix, cluster: cluster);
        var keys = Enumerable.Range(0, stage.Pick(200, 20)).Select(i => new SessionKey(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{i}"))).ToList();
        foreach (var key in keys)
        {
            await owner.RunAsync(key, new TokenPlan(1, 1, AtGate: true));
        }

        await owner.Gate.ReachedAsync(keys.Count);

        // Only now, so that the first has all runs: placement would spread them.
        using var other = ChildProgram.InRole("silo", [
            $"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={prefix}", $"--AgentStream:Cluster:ClusterId={cluster}", .. ChildProgram.OnFreePort()]);
        using var http = new HttpClient { BaseAddress = await other.UrlAsync() };
        var times = new List<double>();
        foreach (var key in keys)
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = await http.PostAsync(new Uri($"chat/{key.Session}/cancel", UriKind.Relative), null);
            answer.EnsureSuccessStatusCode();
            times.Add(Stopwatch.GetElapsedTime(started, await owner.Gate.CanceledAsync()).TotalMilliseconds);
        }

        // The first one also pays for the connections, and for code that has not run yet.
        stage.Report.Add(new(
            "cancel",
            "through another silo: from the request to the stop of the model's stream",
            new("ms", times[1..]),
            Goal: Goal.AlwaysAtMost(Most, string.Create(CultureInfo.InvariantCulture, $"≤ {Most} ms"))));
    }
}
