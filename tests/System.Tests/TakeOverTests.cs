using System.Text.Json;
using AgentStream.Testing;

namespace AgentStream.System.Tests;

/// <summary>A silo is killed in the middle of a token: another goes on with its runs, and listeners see the rest on the connection that they have.</summary>
public sealed class TakeOverTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task A_killed_silos_run_goes_on_in_another_on_the_connection_that_its_listener_has()
    {
        var prefix = RedisServer.NewPrefix();
        string[] arguments =
        [
            "--AgentStream:Demo:TokenDelay=00:00:00.005",
            "--AgentStream:Lease=00:00:02",
            $"--AgentStream:RedisPrefix={prefix}",
            $"--ConnectionStrings:redis={redis.Server.Configuration}",
        ];
        // Each its own cluster, so that the run is where it was asked for.
        var dying = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=dying"]);
        await using var heir = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=heir"]);
        using var first = new HttpClient { BaseAddress = dying.Url };
        using var second = new HttpClient { BaseAddress = heir.Url };

        using var asking = new SseReader(await SseReader.OpenAsync(first, () => SseReader.Ask(new { prompt = "count to 600", session_id = "k" })));
        using var following = new SseReader(await SseReader.OpenAsync(
            second, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, "chat/k/stream"))));
        var seen = new List<SseFrame>();
        while (seen.Count < 100)
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
        Assert.True(resumed is >= 100 and <= 600, $"Resumed at {resumed} of {seen.Count}, and at the end: {string.Join('\n', seen.TakeLast(3).Select(frame => frame.Data))}");
        var text = string.Concat(seen.Skip(resumed).Select(frame => JsonDocument.Parse(frame.Data).RootElement.GetProperty("body"))
            .Select(body => body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : ""));
        Assert.Equal(string.Concat(Enumerable.Range(1, 600).Select(n => $"{n} ")), text);

        using var raw = await redis.Server.ConnectAsync();
        var entries = await raw.EntriesAsync($"{prefix}:1:1:k");
        Assert.Single(entries, entry => entry.Fields.StartsWith("type=begin", StringComparison.Ordinal));
        Assert.Equal("type=end origin=pydantic-ai-stream", Assert.Single(entries, entry => entry.Fields.StartsWith("type=end", StringComparison.Ordinal)).Fields);
        Assert.Equal(seen.Select(frame => frame.Id), entries.SkipLast(1).Select(entry => entry.Id));
        Assert.Equal("[]", await second.GetStringAsync("chat"));

        // The whole conversation is known where it went on.
        using var session = JsonDocument.Parse(await second.GetStringAsync("chat/k"));
        Assert.Equal(("count to 600", "idle"), (session.RootElement.GetProperty("title").GetString(), session.RootElement.GetProperty("status").GetString()));
    }
}
