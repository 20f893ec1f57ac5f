using System.Net;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The header by which a prompt is known that is sent again.</summary>
public sealed class IdempotencyKeyTests
{
    [Theory]
    [InlineData("""{"prompt":"greet","session_id":"s1"}""")]
    [InlineData("""{"prompt":"greet"}""")]
    public async Task The_same_prompt_again_streams_the_same_run_from_its_beginning(string body)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var first = new SseReader(await PostAsync(http, body, "key-1"));
        await model.Waits.Task.Within();
        using var second = new SseReader(await PostAsync(http, body, "\"key-1\""));
        model.Continue.SetResult();

        var (one, other) = (await first.ItemsAsync(), await second.ItemsAsync());

        Assert.Equal(one.Select(item => (item.EventId, item.Data)), other.Select(item => (item.EventId, item.Data)));
        Assert.Equal(first.Response.Headers.GetValues("X-Run-Id"), second.Response.Headers.GetValues("X-Run-Id"));
        Assert.Equal(first.Response.Headers.GetValues("X-Session-Id"), second.Response.Headers.GetValues("X-Session-Id"));
        Assert.Equal(1, model.Asked);
    }

    [Fact]
    public async Task Another_prompt_with_the_key_is_422_and_a_key_that_breaks_its_rule_400()
    {
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using (var first = new SseReader(await PostAsync(http, """{"prompt":"greet","session_id":"s1"}""", "key-1")))
        {
            await first.ItemsAsync();
        }

        using var conflict = await PostAsync(http, """{"prompt":"greet me","session_id":"s1"}""", "key-1");
        Assert.Contains("Idempotency-Key", await conflict.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, conflict.StatusCode);
        using var invalid = await PostAsync(http, """{"prompt":"greet","session_id":"s1"}""", new string('k', 129));
        Assert.Equal(HttpStatusCode.BadRequest, invalid.StatusCode);
        Assert.Equal(1, model.Asked);

        using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
        var key = new SessionKey(1, 1, "s1");
        var known = await outside.StartAsync(key, new RunRequest("greet", IdempotencyKey: "key-1"));
        Assert.Equal(await app.Services.GetRequiredService<IAgentStreamClient>().StartAsync(key, new RunRequest("greet", IdempotencyKey: "key-1")), known);
        Assert.Equal("key-1", (await Assert.ThrowsAsync<IdempotencyConflictException>(() => outside.StartAsync(key, new RunRequest("other", IdempotencyKey: "key-1")))).Key);
        Assert.Equal(1, model.Asked);
    }

    [Theory]
    [InlineData("/api/chat", """{"id":"s1","trigger":"submit-message","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"greet"}]}]}""")]
    [InlineData("/ag-ui", """{"threadId":"s1","runId":"r1","messages":[{"id":"m1","role":"user","content":"greet"}]}""")]
    public async Task A_front_ends_message_that_is_sent_again_is_known_by_its_id(string path, string body)
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var first = await PostAsync(http, body, key: null, path);
        await model.Waits.Task.Within();
        using var second = await PostAsync(http, body, key: null, path);
        model.Continue.SetResult();
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, 1), (second.StatusCode, model.Asked));
    }

    [Theory]
    [InlineData("/api/chat", """{"id":"s1","trigger":"regenerate-message","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"greet"}]}]}""")]
    [InlineData("/api/chat", """{"id":"s1","trigger":"submit-message","messageId":"m1","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"greet"}]}]}""")]
    [InlineData("/api/chat", """{"id":"s1","trigger":"submit-message","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"greet me"}]}]}""")]
    [InlineData("/api/chat", """{"id":"s1","trigger":"submit-message","messages":[{"id":"m2","role":"user","parts":[{"type":"text","text":"greet"}]}]}""")]
    [InlineData("/ag-ui", """{"threadId":"s1","runId":"r2","messages":[{"id":"m1","role":"user","content":"greet"}]}""")]
    [InlineData("/ag-ui", """{"threadId":"s1","runId":"r1","messages":[{"id":"m1","role":"user","content":"greet me"}]}""")]
    public async Task What_a_user_asks_again_or_otherwise_is_another_run(string path, string body)
    {
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        foreach (var (at, sent) in ((string, string)[])[
            ("/api/chat", """{"id":"s1","trigger":"submit-message","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"greet"}]}]}"""),
            ("/ag-ui", """{"threadId":"s1","runId":"r1","messages":[{"id":"m1","role":"user","content":"greet"}]}"""),
            (path, body)])
        {
            using var answer = await PostAsync(http, sent, key: null, at);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsStringAsync();
        }

        Assert.Equal(3, model.Asked);
    }

    private static Task<WebApplication> StartAsync(IChatClient model) => WholeProgram.StartAsync(model, _ => { }, app =>
    {
        app.MapAgentStreamAiSdk();
        app.MapAgentStreamAgUi();
    });

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string body, string? key, string path = "/chat")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
