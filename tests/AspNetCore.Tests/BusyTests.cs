using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

/// <summary>What a caller gets whose session is busy, over real sessions.</summary>
public sealed class BusyTests
{
    [Fact]
    public async Task A_prompt_that_waits_is_answered_with_its_own_run_and_nothing_of_the_one_before()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var first = new SseReader(await PostAsync(http, """{"prompt":"one","session_id":"s1","on_busy":"queue"}"""));
        Assert.False(first.Response.Headers.Contains("X-Waiting"));
        using var second = new SseReader(await PostAsync(http, """{"prompt":"two","session_id":"s1","on_busy":"queue"}"""));
        Assert.Equal(["1"], second.Response.Headers.GetValues("X-Waiting"));
        var runId = second.Response.Headers.GetValues("X-Run-Id").Single();
        using var following = new SseReader(await http.GetAsync($"/chat/s1/stream?run={runId}", HttpCompletionOption.ResponseHeadersRead));
        using (var session = JsonDocument.Parse(await http.GetStringAsync("/chat/s1")))
        {
            Assert.Equal(1, session.RootElement.GetProperty("waiting").GetInt32());
        }

        model.Continue.SetResult();
        var (one, two) = (await first.ItemsAsync(), await second.ItemsAsync());
        Assert.Equal(6, one.Count);
        Assert.Equal(one.Select(item => item.Data), two.Select(item => item.Data));
        Assert.Empty(one.Select(item => item.EventId).Intersect(two.Select(item => item.EventId)));
        Assert.Equal(two.Select(item => item.EventId), (await following.ItemsAsync()).Select(item => item.EventId));
        using var unknown = await http.GetAsync("/chat/s1/stream?run=nothing");
        Assert.Equal(HttpStatusCode.NoContent, unknown.StatusCode);
    }

    [Fact]
    public async Task A_prompt_that_replaces_cancels_the_run_in_its_way()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var first = new SseReader(await PostAsync(http, """{"prompt":"one","session_id":"s1"}"""));
        await model.Waits.Task.Within();
        using var second = new SseReader(await PostAsync(http, """{"prompt":"two","session_id":"s1","on_busy":"replace"}"""));
        model.Continue.SetResult();
        Assert.Equal(6, (await second.ItemsAsync()).Count);
        using var session = JsonDocument.Parse(await http.GetStringAsync("/chat/s1"));
        Assert.Equal("one", session.RootElement.GetProperty("title").GetString());
        Assert.Equal(JsonValueKind.Null, session.RootElement.GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task The_client_over_HTTP_waits_for_its_turn_also_when_its_connection_is_cut_meanwhile()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        await using var proxy = new CuttingProxy(new Uri(app.Urls.First()));
        using var client = new AgentStreamHttpClient(new Uri(proxy.Url, "/chat"));
        var key = new SessionKey(1, 1, "s1");
        await client.StartAsync(key, new RunRequest("one"));
        var place = await client.StartAsync(key, new RunRequest("two", OnBusy: BusySessionBehavior.Queue));
        Assert.Equal((1, Cursor.Start), (place.QueuePosition, place.Begin));
        var third = client.StartAndListenAsync(key, new RunRequest("three", OnBusy: BusySessionBehavior.Queue)).ToListAsync().AsTask();
        await Wait.Until(async () => (await client.GetSessionAsync(key))?.QueuedPrompts == 2, "both prompts wait");
        proxy.CutAll();
        model.Continue.SetResult();
        var seen = await third.Within();
        Assert.Equal(6, seen.Count);
        Assert.True(seen[0].IsBegin);
        Assert.Equal(["one", "two", "three"], model.Seen.Where(message => message.Role.Value == "user").Select(message => message.Text));
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
