using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A silo is killed in the middle of a token: another continues its runs, and listeners see the rest on the connection that they have.</summary>
public sealed class RecoveryTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task A_killed_silos_run_goes_on_in_another_on_the_connection_that_its_listener_has()
    {
        var prefix = RedisServer.NewPrefix();
        var arguments = Arguments(prefix, TimeSpan.FromSeconds(15));
        // Each its own cluster, so that the run is where it was asked for.
        var dying = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=dying", Slow]);
        await using var heir = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=heir"]);
        using var first = new HttpClient { BaseAddress = dying.Url };
        using var second = new HttpClient { BaseAddress = heir.Url };

        using var asking = new SseReader(await SseReader.OpenAsync(first, () => SseReader.Ask(new { prompt = "count to 600", session_id = "k" })));
        using var following = new SseReader(await SseReader.OpenAsync(
            second, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, "chat/k/stream"))));
        var seen = new List<SseFrame>();
        while (seen.Count < 10)
        {
            seen.Add((await following.ReadAsync())!);
        }

        await dying.DisposeAsync();
        while (await following.ReadAsync() is { } frame)
        {
            seen.Add(frame);
        }

        Assert.Equal(seen.Select(frame => frame.Id).Distinct(), seen.Select(frame => frame.Id));
        var resumed = seen.FindIndex(frame => frame.Data == """{"type":"info","origin":"developer","body":{"msg":"resumed","idx":0}}""");
        Assert.True(resumed is >= 10 and <= 600, $"Resumed at {resumed} of {seen.Count}, and at the end: {string.Join('\n', seen.TakeLast(3).Select(frame => frame.Data))}");
        Assert.Equal(Numbers(600), Text(seen.Skip(resumed)));

        using var raw = await redis.Server.ConnectAsync();
        var entries = await raw.EntriesAsync($"{prefix}:1:1:k");
        Assert.Single(entries, entry => entry.Fields.StartsWith("type=begin", StringComparison.Ordinal));
        Assert.Equal("type=end origin=pydantic-ai-stream", Assert.Single(entries, entry => entry.Fields.StartsWith("type=end", StringComparison.Ordinal)).Fields);
        Assert.Equal(seen.Select(frame => frame.Id), entries.SkipLast(1).Select(entry => entry.Id));
        Assert.Equal("[]", await second.GetStringAsync("chat"));

        // The whole conversation is known where it continued.
        using var session = JsonDocument.Parse(await second.GetStringAsync("chat/k"));
        Assert.Equal(("count to 600", "idle"), (session.RootElement.GetProperty("title").GetString(), session.RootElement.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_rolling_restart_of_all_silos_loses_nothing_and_its_listener_comes_back_behind_its_cursor()
    {
        var prefix = RedisServer.NewPrefix();

        // The lease is long: nothing here waits for it to be over.
        string[] arguments = [.. Arguments(prefix, TimeSpan.FromMinutes(5)), "--AgentStream:DrainTimeout=00:00:00.200"];
        var silos = new[]
        {
            await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=first", Slow]),
            await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=second", Slow]),
        };
        var (seen, at) = (new List<SseFrame>(), 0);
        try
        {
            using var http = new HttpClient();
            using (await SseReader.OpenAsync(http, () => SseReader.AskAt(silos[0].Url, new { prompt = "count to 400", session_id = "k" })))
            {
            }

            // The last silo that is started is fast, and the last that is stopped leaves the run to it.
            foreach (var (stopped, speed) in new[] { (0, Slow), (1, Fast), (0, Fast) })
            {
                at = stopped;
                var before = seen.Count;
                await FollowAsync(http, until: () => seen.Count >= before + 10);
                await silos[stopped].StopAsync();
                await silos[stopped].DisposeAsync();
                at = 1 - stopped;
                var resumed = seen.Count(IsResumed) + 1;
                await FollowAsync(http, until: () => seen.Count(IsResumed) == resumed);
                silos[stopped] = await SiloProcess.StartAsync([.. arguments, $"--AgentStream:Cluster:ClusterId=again-{Guid.NewGuid():N}", speed]);
            }

            await FollowAsync(http, until: () => false);
        }
        finally
        {
            await Task.WhenAll(silos.Select(silo => silo.DisposeAsync().AsTask()));
        }

        Assert.Equal(seen.Select(frame => frame.Id).Distinct(), seen.Select(frame => frame.Id));
        Assert.Single(seen, frame => frame.Data.Contains("\"type\":\"begin\"", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, frame => frame.Data.Contains("\"type\":\"error\"", StringComparison.Ordinal));
        Assert.Equal(3, seen.Count(IsResumed));
        Assert.Equal(Numbers(400), Text(seen.Skip(seen.FindLastIndex(frame => IsResumed(frame)))));

        static bool IsResumed(SseFrame frame) => frame.Data.Contains("\"resumed\"", StringComparison.Ordinal);

        // As a browser does: behind the last event that it has seen, at whatever silo is there.
        async Task FollowAsync(HttpClient http, Func<bool> until)
        {
            using var reader = new SseReader(await SseReader.OpenAsync(http, () => Task.FromResult(new HttpRequestMessage(
                HttpMethod.Get, new Uri(silos[at].Url, "chat/k/stream"))
            { Headers = { { "Last-Event-ID", seen.Count == 0 ? "0-0" : seen[^1].Id } } })));
            while (!until() && await reader.ReadAsync() is { } frame)
            {
                seen.Add(frame);
            }
        }
    }

    /// <summary>A silo whose runs take minutes, so that none is over before the silo is stopped, however busy the machine.</summary>
    private const string Slow = "--AgentStream:Demo:TokenDelay=400ms";

    private const string Fast = "--AgentStream:Demo:TokenDelay=5ms";

    private static string Numbers(int count) => string.Concat(Enumerable.Range(1, count).Select(n => $"{n} "));

    /// <summary>The text that the model said, put together.</summary>
    private static string Text(IEnumerable<SseFrame> frames) => string.Concat(frames
        .Select(frame => JsonDocument.Parse(frame.Data).RootElement.GetProperty("body"))
        .Select(body => body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : ""));

    private string[] Arguments(string prefix, TimeSpan lease) =>
    [
        "--AgentStream:Demo:TokenDelay=00:00:00.005",
        $"--AgentStream:Lease={lease:c}",
        $"--AgentStream:RedisPrefix={prefix}",
        $"--ConnectionStrings:redis={redis.Server.Configuration}",
    ];
}
