using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A run that another program writes, with bodies that are no clean JSON, is followed to its end in every protocol and by every client.</summary>
public sealed class UncleanBodiesTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly string[] Bodies =
    [
        """{"idx":0,"event":"llm-begin"}""",
        """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"a\ud83d"}""",
        """{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"\ude00 b"}""",
        """{"m":"\ud83d"}""",
        """{"\ud83d":1}""",
        """{"m":NaN,"n":-Infinity}""",
        "hello world",
        "{\"a\":" + new string('[', 80) + new string(']', 80) + "}",
        "{\"a\":" + new string('[', 1_200) + new string(']', 1_200) + "}",
        """{"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"f\ud83d","tool_call_id":"c\ud83d","args":{"x":"\ud83d","y":[NaN]}}""",
        "{\"idx\":0,\"event\":\"part_start\",\"part_kind\":\"tool-return\",\"tool_name\":\"f\",\"tool_call_id\":\"c\\ud83d\",\"content\":{\"x\":\"\\ud83d\",\"y\":" + new string('[', 90) + new string(']', 90) + "}}",
        """{"idx":0,"event":"llm-end"}""",
        """{"idx":1,"event":"llm-begin"}""",
        """{"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"last"}""",
        """{"idx":1,"event":"llm-end"}""",
    ];

    [Theory]
    [InlineData("chat/py/stream")]
    [InlineData("api/chat/py/stream")]
    [InlineData("ag-ui/py")]
    public async Task Every_protocol_comes_to_the_end(string path)
    {
        await using var stage = await StageAsync();
        using var http = new HttpClient { BaseAddress = stage.Silo.Url };
        using var reader = new SseReader(await SseReader.OpenAsync(http, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, path))));
        var items = await reader.ItemsAsync();

        foreach (var item in items.Where(item => item.Data != "[DONE]"))
        {
            using var json = JsonDocument.Parse(item.Data, new JsonDocumentOptions { MaxDepth = Protocol.MaxJsonDepth + 4 });
        }

        Assert.Contains(items, item => item.Data.Contains("hello world", StringComparison.Ordinal));
        Assert.Contains(items, item => item.Data.Contains("\"last\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_NET_client_gets_every_event_and_its_text()
    {
        await using var stage = await StageAsync();
        using var client = new AgentStreamHttpClient(new Uri(stage.Silo.Url, "chat"));
        var events = await client.ListenRawAsync(new SessionKey(1, 1, "py")).ToListAsync().AsTask().Within();
        Assert.Equal(Bodies.Length + 2, events.Count);
        var typed = events.ConvertAll(Events.AgentEvent.Read);
        Assert.Equal(["a\ufffd", "last"], typed.OfType<Events.TextStarted>().Select(start => start.Text));
        Assert.Equal("\ufffd b", Assert.Single(typed.OfType<Events.TextDelta>()).Text);
        Assert.Single(typed.OfType<Events.ToolCalled>());
        Assert.Single(typed.OfType<Events.ToolReturned>());
    }

    [Fact]
    public async Task The_command_line_listens_to_the_end()
    {
        await using var stage = await StageAsync();
        await using var listening = ProgramProcess.Cli(stage.Silo.Url, "listen", "py");
        var (exitCode, output, errors) = await listening.EndAsync();
        Assert.True(exitCode == 0, errors);
        Assert.Contains("last", output, StringComparison.Ordinal);
    }

    private async Task<Stage> StageAsync()
    {
        var prefix = RedisServer.NewPrefix();
        var silo = await SiloProcess.StartAsync($"--ConnectionStrings:redis={redis.Server.Configuration}", $"--AgentStream:RedisPrefix={prefix}");
        using var raw = await redis.Server.ConnectAsync();
        var stream = $"{prefix}:1:1:py";
        await raw.CallAsync("XADD", stream, "*", "type", "begin", "origin", "pydantic-ai-stream", "body", """{"session_id":"py"}""");
        await raw.CallAsync("EVAL", @"return redis.call('XADD', KEYS[1], '*', 'type', 'info', 'origin', 'o', 'body', '{""a"":""\255\254""}')", "1", stream);
        foreach (var body in Bodies)
        {
            await raw.CallAsync("XADD", stream, "*", "type", body.Contains("\"idx\"", StringComparison.Ordinal) ? "event" : "info", "origin", "pydantic-ai", "body", body);
        }

        await raw.CallAsync("XADD", stream, "*", "type", "end", "origin", "pydantic-ai-stream");
        return new Stage(silo);
    }

    private sealed record Stage(SiloProcess Silo) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Silo.DisposeAsync();
    }
}
