using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>Runs that follow each other at once, seen by who listens at another silo than the one that replaces, in all three protocols.</summary>
public sealed class ReplaceTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const int Rounds = 4;

    [Theory]
    [InlineData("chat", """{"prompt":"PROMPT","session_id":"ID"}""")]
    [InlineData("api/chat", """{"id":"ID","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"PROMPT"}]}]}""")]
    [InlineData("ag-ui", """{"threadId":"ID","runId":"r","messages":[{"id":"m","role":"user","content":"PROMPT"}],"tools":[],"context":[],"state":{},"forwardedProps":{}}""")]
    public async Task Who_is_replaced_sees_its_run_canceled_and_nothing_of_the_next(string path, string body)
    {
        var arguments = Arguments();
        await using var one = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=one"]);
        await using var two = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=two"]);
        using var http = new HttpClient();
        for (var round = 0; round < Rounds; round++)
        {
            var id = $"s{round}";
            using var asking = new SseReader(await OpenAsync(http, new Uri(one.Url, path), body.Replace("ID", id, StringComparison.Ordinal).Replace("PROMPT", "count to 100000", StringComparison.Ordinal)));
            var seen = new List<string>();
            while (seen.Count < 8)
            {
                seen.Add((await asking.ReadAsync())!.Data);
            }

            using var next = new SseReader(await SseReader.OpenAsync(http, () => SseReader.AskAt(two.Url, new { prompt = "count to 7", session_id = id, on_busy = "replace" })));
            while (await asking.ReadAsync() is { } frame)
            {
                seen.Add(frame.Data);
            }

            Assert.Equal(path, EndOfCanceled(seen));
            Assert.Equal(Numbers(7), Text(await next.ItemsAsync()));
        }
    }

    [Theory]
    [InlineData("chat", "chat/s/stream", """{"prompt":"count to 100000","session_id":"s"}""")]
    [InlineData("api/chat", "api/chat/s/stream", """{"id":"s","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"count to 100000"}]}]}""")]
    [InlineData("ag-ui", "ag-ui/s", """{"threadId":"s","runId":"r","messages":[{"id":"m","role":"user","content":"count to 100000"}],"tools":[],"context":[],"state":{},"forwardedProps":{}}""")]
    public async Task Who_was_away_while_its_run_was_replaced_sees_it_canceled_when_it_comes_back(string path, string again, string body)
    {
        await using var silo = await SiloProcess.StartAsync(Arguments());
        using var http = new HttpClient();
        string? place = null;
        using (var asking = new SseReader(await OpenAsync(http, new Uri(silo.Url, path), body)))
        {
            for (var i = 0; i < 8; i++)
            {
                place = (await asking.ReadAsync())?.Id ?? place;
            }
        }

        using var next = new SseReader(await SseReader.OpenAsync(http, () => SseReader.AskAt(silo.Url, new { prompt = "count to 7", session_id = "s", on_busy = "replace" })));
        Assert.Equal(Numbers(7), Text(await next.ItemsAsync()));
        using var back = new SseReader(await SseReader.OpenAsync(
            http, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, new Uri(silo.Url, again)) { Headers = { { "Last-Event-ID", place } } })));
        List<string> seen = ["""{"type":"begin"}""", .. (await back.ItemsAsync()).Select(item => item.Data)];
        Assert.Equal(path, EndOfCanceled(seen));
    }

    [Fact]
    public async Task Each_of_many_prompts_that_replace_each_other_is_answered_with_its_own_run()
    {
        var arguments = Arguments();
        await using var one = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=one"]);
        await using var two = await SiloProcess.StartAsync([.. arguments, "--AgentStream:Cluster:ClusterId=two"]);
        using var http = new HttpClient();
        for (var round = 0; round < Rounds; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(20, 6).Select(async count =>
            {
                using var asking = await http.SendAsync(
                    await SseReader.AskAt(count % 2 == 0 ? one.Url : two.Url, new { prompt = $"count to {count}", session_id = $"r{round}", on_busy = "replace" }),
                    HttpCompletionOption.ResponseHeadersRead).Within("the answer begins");
                if (!asking.IsSuccessStatusCode)
                {
                    // The others were faster for as long as a prompt waits: refused, not answered with another's run.
                    return (count, Items: []);
                }

                using var reader = new SseReader(asking);
                return (count, Items: await reader.ItemsAsync());
            })).Within("all are answered");

            Assert.Contains(answers, answer => answer.Items.Count > 0);
            foreach (var (count, items) in answers.Where(answer => answer.Items.Count > 0))
            {
                Assert.Equal("begin", TypeOf(items[0].Data));
                Assert.Single(items, item => TypeOf(item.Data) == "begin");
                if (items[^1].Data.Contains("\"canceled\"", StringComparison.Ordinal))
                {
                    Assert.StartsWith(Text(items), Numbers(count), StringComparison.Ordinal);
                }
                else
                {
                    Assert.Equal(Numbers(count), Text(items));
                }
            }
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Uri address, string body) => await SseReader.OpenAsync(
        http, () => Task.FromResult(new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body, null, "application/json") }));

    /// <summary>The protocol whose words for the end of a canceled run stand at the end, and nothing of another run before them.</summary>
    private static string EndOfCanceled(List<string> seen)
    {
        var (protocol, last) = seen[^1] switch
        {
            "[DONE]" => ("api/chat", seen[^3]),
            var end when end.Contains("RUN_", StringComparison.Ordinal) => ("ag-ui", end),
            var end => ("chat", end),
        };
        var isCanceled = protocol switch
        {
            "api/chat" => last.Contains("\"abort\"", StringComparison.Ordinal),
            "ag-ui" => last.Contains("RUN_FINISHED", StringComparison.Ordinal) && last.Contains("cancelled", StringComparison.Ordinal),
            _ => last.Contains("\"canceled\"", StringComparison.Ordinal) && seen.Count(frame => TypeOf(frame) == "begin") == 1,
        };
        return isCanceled ? protocol : $"not canceled: {string.Join('\n', seen.TakeLast(4))}";
    }

    private static string? TypeOf(string data)
    {
        using var json = JsonDocument.Parse(data);
        return json.RootElement.GetProperty("type").GetString();
    }

    private static string Numbers(int count) => string.Concat(Enumerable.Range(1, count).Select(n => $"{n} "));

    private static string Text(IEnumerable<global::System.Net.ServerSentEvents.SseItem<string>> items) => string.Concat(items.Select(item =>
    {
        using var json = JsonDocument.Parse(item.Data);
        var body = json.RootElement.GetProperty("body");
        return body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : "";
    }));

    private string[] Arguments() =>
    [
        $"--ConnectionStrings:redis={redis.Server.Configuration}",
        $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}",
        "--AgentStream:Demo:TokenDelay=00:00:00.002",
    ];
}
