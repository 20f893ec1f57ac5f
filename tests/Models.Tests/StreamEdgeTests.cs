using System.Text;
using AgentStream.Models.Answers;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>Where an answer ends, what is a sign of life, and where endpoints put their errors.</summary>
public sealed partial class StreamEdgeTests
{
    private static readonly string Hello = Reply.Event(Reply.Text("Hello"));
    private static readonly string End = Reply.Event(Reply.Finish());

    [Theory]
    [InlineData("")]
    [InlineData(": keep-alive\n\n")]
    [InlineData("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n")]
    public async Task A_finished_answer_waits_a_few_seconds_for_its_usage_and_for_nothing_else(string after)
    {
        var (time, left) = (new ManualTimeProvider(), new TaskCompletionSource());
        await using var server = await ModelServer.StartAsync(Reply.Hold(Hello + End + after, left));
        using var client = server.Client(time: time);
        var answer = client.AskAsync();
        await Wait.Until(() => time.ArmedTimers == 1, "the wait for the usage");
        time.Advance(ChunkStream.UsagePatience - TimeSpan.FromMilliseconds(1));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        var updates = await answer;
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal("Hello", updates.ToChatResponse().Text);
        Assert.Equal(after.Contains("usage", StringComparison.Ordinal), updates[^1].Contents.Any(content => content is UsageContent));
        await left.Task.Within();
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task An_answer_that_says_with_each_chunk_that_it_is_whole_is_waited_for_while_it_grows()
    {
        var (time, next) = (new ManualTimeProvider(), new TaskCompletionSource());
        await using var server = await ModelServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await WriteAsync(context, Reply.Event(Reply.Delta("""{"content":"Hel"}""", "\"stop\"")));
            await next.Task;
            await WriteAsync(context, Reply.Event(Reply.Delta("""{"content":"lo"}""", "\"stop\"")));
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = server.Client(time: time);
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        var second = updates.MoveNextAsync().AsTask();
        await Wait.Until(() => time.ArmedTimers == 1, "the first wait");
        time.Advance(ChunkStream.UsagePatience / 2);
        next.SetResult();
        Assert.True(await second.Within());
        Assert.Equal("lo", updates.Current.Text);
        var last = updates.MoveNextAsync().AsTask();
        await Wait.Until(() => time.NextTimer == ChunkStream.UsagePatience, "a wait of its own");
        time.Advance(ChunkStream.UsagePatience);
        Assert.True(await last.Within());
        Assert.Equal(ChatFinishReason.Stop, updates.Current.FinishReason);
    }

    [Fact]
    public async Task A_cancel_is_heard_while_the_usage_is_waited_for()
    {
        var (time, left) = (new ManualTimeProvider(), new TaskCompletionSource());
        await using var server = await ModelServer.StartAsync(Reply.Hold(Hello + End, left));
        using var client = server.Client(time: time);
        using var cancel = new CancellationTokenSource();
        var answer = client.AskAsync(null, cancel.Token);
        await Wait.Until(() => time.ArmedTimers == 1, "the wait for the usage");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"no usage today\"}}\n\n")]
    [InlineData("data: hello\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usa")]
    [InlineData("{\"error\":\"late\"}\n")]
    [InlineData("Bye.\n\n")]
    public async Task What_comes_after_a_finished_answer_takes_nothing_away(string after)
    {
        var contents = await Ask.ContentsAsync(Reply.Raw(Hello + End + after));
        Assert.Equal("Hello", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
    }

    [Theory]
    [InlineData("data:\n\n")]
    [InlineData("data: \n\n")]
    [InlineData("data\n\n")]
    [InlineData(":\n\n")]
    [InlineData(": OPENROUTER PROCESSING\n\n")]
    [InlineData("data: : OPENROUTER PROCESSING\n\n")]
    [InlineData("data: ping\n\n")]
    [InlineData("data: [PING]\n\n")]
    [InlineData("data: \"keep-alive\"\n\n")]
    [InlineData("data: {}\n\n")]
    [InlineData("data: {\"type\":\"ping\"}\n\n")]
    [InlineData("event: ping\n\n")]
    [InlineData("event: ping\ndata: now\n\n")]
    [InlineData("event: keepalive\ndata: {\"message\":\"still here\"}\n\n")]
    [InlineData("event: heartbeat\ndata: 17\n\n")]
    [InlineData("retry: 100\n\n")]
    [InlineData("\n\n\n")]
    [InlineData("{}\n")]
    public async Task Whatever_arrives_is_a_sign_of_life_and_no_content(string keepAlive)
    {
        var (first, second, left) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await ModelServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await WriteAsync(context, Hello);
            await first.Task;
            await WriteAsync(context, keepAlive);
            await second.Task;
            await WriteAsync(context, Reply.Event(Reply.Text(" again")) + End + Reply.Event(Reply.Done));
        });
        using var client = server.Client();
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).GetAsyncEnumerator();
        Assert.Equal("Hello", await NextAsync());
        first.SetResult();
        Assert.Equal("", await NextAsync());
        second.SetResult();
        Assert.Equal(" again", await NextAsync());

        async Task<string> NextAsync()
        {
            Assert.True(await updates.MoveNextAsync().AsTask().Within());
            return string.Concat(updates.Current.Contents.Cast<TextContent>().Select(text => text.Text));
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task A_stream_may_come_byte_by_byte_with_any_line_ends(string lineEnd)
    {
        var text = $"\uFEFFdata: {Reply.Text("Hé")}\n\n: x\n\ndata: {Reply.Text("👋")}\n\ndata: {Reply.Finish()}\n\ndata: [DONE]".Replace("\n", lineEnd, StringComparison.Ordinal);
        var contents = await Ask.ContentsAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var part in Encoding.UTF8.GetBytes(text))
            {
                await context.Response.Body.WriteAsync(new[] { part });
                await context.Response.Body.FlushAsync();
            }
        });
        Assert.Equal("Hé👋", string.Concat(contents.Cast<TextContent>().Select(content => content.Text)));
    }

    private static async Task WriteAsync(HttpContext context, string text)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.Body.FlushAsync();
    }
}
