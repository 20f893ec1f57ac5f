using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>The silo over HTTP, as the README starts and asks it.</summary>
public sealed class SiloTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly string[] Golden =
    [
        """{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"llm-begin"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I need"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"call_1","args":{"expression":"12*7"}}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"llm-end"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"llm-begin"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"call_1","content":"84"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"12*7 "}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"answer"}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"is "}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"84."}}""",
        """{"type":"event","origin":"pydantic-ai","body":{"idx":1,"event":"llm-end"}}""",
    ];

    [Fact]
    public async Task The_demo_answers_the_question_of_the_README_without_a_Redis()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        using var http = new HttpClient { BaseAddress = silo.Url };
        var (session, frames) = await AskAsync(http, new { prompt = "what is 12*7?" });
        Assert.Equal([Begin(session), .. Golden], frames.Select(frame => frame.Data));
        Assert.Equal(frames.Select(frame => frame.Id).Order(), frames.Select(frame => frame.Id));
        Assert.Equal(36, session.Length);
    }

    [Fact]
    public async Task The_same_with_Redis_leaves_a_stream_that_expires_and_no_live_key()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync(
            "--AgentStream:Demo:TokenDelay=0", $"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}");
        using var http = new HttpClient { BaseAddress = silo.Url };
        var (session, frames) = await AskAsync(http, new { prompt = "what is 12*7?", session_id = "s1", agent = "demo" });
        Assert.Equal("s1", session);
        Assert.Equal([Begin("s1"), .. Golden], frames.Select(frame => frame.Data));

        using var raw = await redis.Server.ConnectAsync();
        var entries = await raw.EntriesAsync($"{prefix}:1:1:s1");
        Assert.Equal("type=begin origin=pydantic-ai-stream body={\"session_id\":\"s1\"}", entries[0].Fields);
        Assert.Equal("type=end origin=pydantic-ai-stream", entries[^1].Fields);
        Assert.Equal(frames.Select(frame => frame.Id), entries.SkipLast(1).Select(entry => entry.Id));
        Assert.Equal(0, await raw.NumberAsync("EXISTS", $"{prefix}:1:1:s1:live"));
        Assert.InRange(await raw.NumberAsync("PTTL", $"{prefix}:1:1:s1"), 1, 3_600_000);
    }

    [Fact]
    public async Task A_run_on_one_silo_is_followed_listed_and_canceled_through_another()
    {
        string[] arguments =
        [
            "--AgentStream:Demo:TokenDelay=00:00:00.010",
            $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}",
            $"--ConnectionStrings:redis={redis.Server.Configuration}",
        ];
        await using var one = await SiloProcess.StartAsync(arguments);
        await using var two = await SiloProcess.StartAsync(arguments);
        using var first = new HttpClient { BaseAddress = one.Url };
        using var second = new HttpClient { BaseAddress = two.Url };

        var asking = AskAsync(first, new { prompt = "count to 100000", session_id = "long" });
        using var following = new SseReader(await SseReader.OpenAsync(second, async () =>
        {
            await Wait.Until(async () => await second.GetStringAsync("chat") == """[{"scope_id":1,"user_id":1,"session_id":"long"}]""", "the run is listed");
            return new HttpRequestMessage(HttpMethod.Get, "chat/long/stream");
        }));
        while (await following.ReadAsync() is { } frame && !frame.Data.Contains("content_delta", StringComparison.Ordinal))
        {
        }

        Assert.Equal(HttpStatusCode.Conflict, (await second.PostAsJsonAsync("chat", new { prompt = "me too", session_id = "long" })).StatusCode);
        Assert.True(await CancelAsync(second));
        Assert.False(await CancelAsync(first));

        const string Canceled = """{"type":"error","origin":"developer","body":{"msg":"canceled"}}""";
        SseFrame? last = null;
        while (await following.ReadAsync() is { } frame)
        {
            last = frame;
        }

        Assert.Equal(Canceled, last?.Data);
        Assert.Equal(Canceled, (await asking).Frames[^1].Data);
        Assert.Equal("[]", await first.GetStringAsync("chat"));

        static async Task<bool> CancelAsync(HttpClient http)
        {
            using var answer = await http.PostAsync("chat/long/cancel", null);
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("cancelled").GetBoolean();
        }
    }

    [Fact]
    public async Task A_client_that_leaves_comes_back_behind_its_cursor_and_misses_nothing()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.005");
        using var http = new HttpClient { BaseAddress = silo.Url };
        var seen = new List<SseFrame>();
        using (var asking = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "count to 200", session_id = "c" }))))
        {
            while (seen.Count < 50)
            {
                seen.Add((await asking.ReadAsync())!);
            }
        }

        // The first client has gone; the run continues.
        using var back = new HttpRequestMessage(HttpMethod.Get, "chat/c/stream");
        back.Headers.Add("Last-Event-ID", seen[^1].Id);
        using (var following = new SseReader(await SseReader.OpenAsync(http, () => Task.FromResult(back))))
        {
            while (await following.ReadAsync() is { } frame)
            {
                seen.Add(frame);
            }
        }

        var text = string.Concat(seen.Select(frame => JsonDocument.Parse(frame.Data).RootElement.GetProperty("body"))
            .Select(body => body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : ""));
        Assert.Equal(string.Concat(Enumerable.Range(1, 200).Select(n => $"{n} ")), text);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync($"chat/c/stream?after={seen[^1].Id}")).StatusCode);
    }

    [Fact]
    public async Task A_Redis_out_of_reach_is_one_clear_sentence_and_exit_code_1()
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", "http://127.0.0.1:0", "--ConnectionStrings:redis=127.0.0.1:1");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("AgentStream cannot start: ", output, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--AgentStream:MaxNodes=0", "AgentStream:MaxNodes")]
    [InlineData("--AgentStream:GracePeriod=-1", "AgentStream:GracePeriod must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10")]
    [InlineData("--AgentStream:Demo:TokenDelay=20", "AgentStream:Demo:TokenDelay must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10, but is '20'")]
    [InlineData("--AgentStream:RedisPrefix=", "AgentStream:RedisPrefix")]
    [InlineData("--AgentStream:Demo:TokenDelay=00:02:00", "AgentStream:Demo:TokenDelay")]
    [InlineData("--AgentStream:Journal=file", "AgentStream:JournalPath")]
    [InlineData("--AgentStream:JournalDirectory=sessions", "AgentStream:JournalPath")]
    [InlineData("--AgentStream:JournalPath=/proc/sessions.db", "AgentStream:JournalPath")]
    [InlineData("--AgentStream:MaxNodes=many", "AgentStream:MaxNodes")]
    [InlineData("--AgentStream:Health:DrainDelay=1h", "AgentStream:Health:DrainDelay must be from 00:00:00 to 00:10:00")]
    [InlineData("--AgentStream:Health:CheckTimeout=0", "AgentStream:Health:CheckTimeout must be from 00:00:00.1000000 to 00:01:00")]
    [InlineData("--AgentStream:Cluster:SiloPort=70000", "AgentStream:Cluster:SiloPort")]
    [InlineData("--AgentStream:Cluster:GatewayPort=-1", "AgentStream:Cluster:GatewayPort")]
    [InlineData("--AgentStream:Cluster:AdvertisedAddress=0.0.0.0", "AgentStream:Cluster:AdvertisedAddress")]
    [InlineData("--AgentStream:Cluster:ServiceId=a b", "AgentStream:Cluster:ServiceId")]
    [InlineData("--AgentStream:Cluster:ClusterId=", "AgentStream:Cluster:ClusterId")]
    public async Task A_setting_that_breaks_its_rule_is_named(string argument, string setting)
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", "http://127.0.0.1:0", argument);
        Assert.Equal(1, exitCode);
        Assert.Contains(setting, output, StringComparison.Ordinal);
        Assert.StartsWith("AgentStream cannot start: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_caller_function_it_does_not_listen_beyond_this_machine()
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", "http://0.0.0.0:0");
        Assert.Equal(1, exitCode);
        Assert.Contains("AgentStream:Http:AllowAnonymous", output, StringComparison.Ordinal);
    }

    private static string Begin(string session) => $$$"""{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"{{{session}}}"}}""";

    private static async Task<(string Session, List<SseFrame> Frames)> AskAsync(HttpClient http, object body)
    {
        var answer = await SseReader.OpenAsync(http, () => SseReader.Ask(body));
        using var reader = new SseReader(answer);
        var frames = new List<SseFrame>();
        while (await reader.ReadAsync() is { } frame)
        {
            frames.Add(frame);
        }

        return (answer.Headers.GetValues("X-Session-Id").Single(), frames);
    }
}
