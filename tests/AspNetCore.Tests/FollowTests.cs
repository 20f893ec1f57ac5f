using System.Net;
using System.Text;
using AgentStream.Storage;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

public sealed class FollowTests
{
    private static readonly SessionKey Key = ChatApp.Key("s1");

    [Fact]
    public async Task A_live_run_is_followed_from_its_begin_to_its_end()
    {
        await using var app = await StartRunAsync();
        using var stream = new SseReader(await app.FollowAsync("s1"));
        Assert.Contains("\"type\":\"begin\"", await stream.NextAsync(), StringComparison.Ordinal);
        Assert.Contains("\"n\":1", await stream.NextAsync(), StringComparison.Ordinal);

        await app.Sessions.AppendAsync(Key, """{"n":2}""");
        Assert.Contains("\"n\":2", await stream.NextAsync(), StringComparison.Ordinal);
        await app.Sessions.FinishAsync(Key);
        Assert.Null(await stream.NextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_goes_on_behind_a_cursor(bool byHeader)
    {
        await using var app = await StartRunAsync();
        await app.Sessions.AppendAsync(Key, """{"n":2}""");
        var cursor = (await CursorsAsync(app))[1].ToString();
        await app.Sessions.FinishAsync(Key);

        // The header is the newer of the two, since a browser repeats the address that it began with.
        using var stream = new SseReader(byHeader ? await app.FollowAsync("s1", "?after=0-1", cursor) : await app.FollowAsync("s1", $"?after={cursor}"));
        var item = Assert.Single(await stream.ItemsAsync());
        Assert.Equal("""{"type":"event","origin":"pydantic-ai","body":{"n":2}}""", item.Data);
        Assert.Equal((await CursorsAsync(app))[2].ToString(), item.EventId);
    }

    [Fact]
    public async Task An_empty_cursor_is_the_start()
    {
        await using var app = await StartRunAsync();
        await app.Sessions.FinishAsync(Key);
        using var stream = new SseReader(await app.FollowAsync("s1", "?after=", ""));

        Assert.Equal(2, (await stream.ItemsAsync()).Count);
    }

    [Fact]
    public async Task Each_frames_id_continues_with_the_next_frame()
    {
        await using var app = await StartRunAsync();
        for (var n = 2; n <= 10; n++)
        {
            await app.Sessions.AppendAsync(Key, $$"""{"n":{{n}}}""");
        }

        await app.Sessions.FinishAsync(Key);
        using var whole = new SseReader(await app.FollowAsync("s1"));
        var all = await whole.ItemsAsync();
        Assert.Equal(11, all.Count);
        for (var i = 0; i < all.Count - 1; i++)
        {
            using var rest = new SseReader(await app.FollowAsync("s1", lastEventId: all[i].EventId));
            Assert.Equal(all[(i + 1)..].Select(item => (item.EventId, item.Data)), (await rest.ItemsAsync()).Select(item => (item.EventId, item.Data)));
        }
    }

    [Fact]
    public async Task A_session_without_a_run_has_nothing_to_follow()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.FollowAsync("s1");

        await AssertNothingAsync(app, response);
    }

    [Fact]
    public async Task Behind_the_last_event_of_an_ended_run_there_is_nothing_to_follow()
    {
        await using var app = await StartRunAsync();
        await app.Sessions.FinishAsync(Key);
        foreach (var cursor in (await CursorsAsync(app))[1..])
        {
            using var response = await app.FollowAsync("s1", lastEventId: cursor.ToString());
            await AssertNothingAsync(app, response, starts: 1);
        }
    }

    [Fact]
    public async Task A_cursor_beyond_the_end_has_nothing_to_follow()
    {
        await using var app = await StartRunAsync();
        await app.Sessions.FinishAsync(Key);
        using var response = await app.FollowAsync("s1", $"?after={ulong.MaxValue}-{ulong.MaxValue}");

        await AssertNothingAsync(app, response, starts: 1);
    }

    [Fact]
    public async Task A_silent_run_answers_with_headers_at_once()
    {
        await using var app = await StartRunAsync();
        var last = (await CursorsAsync(app))[^1];
        using var stream = new SseReader(await app.FollowAsync("s1", $"?after={last}"));
        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);

        await app.Sessions.AppendAsync(Key, """{"n":2}""");
        Assert.Contains("\"n\":2", await stream.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_of_an_earlier_run_goes_on_with_the_next()
    {
        await using var app = await StartRunAsync();
        var last = (await CursorsAsync(app))[^1];
        await app.Sessions.FinishAsync(Key);
        await app.Sessions.StartAsync(Key, new RunRequest("again"));
        using var stream = new SseReader(await app.FollowAsync("s1", lastEventId: last.ToString()));

        Assert.Contains("\"type\":\"begin\"", await stream.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_response_has_the_runs_of_a_session_one_after_the_other()
    {
        await using var app = await ChatApp.StartAsync();
        using var stream = new SseReader(await app.FollowAsync("s1", "?follow=true"));
        for (var run = 0; run < 2; run++)
        {
            await app.Sessions.StartAsync(Key, new RunRequest("hello"));
            Assert.Contains("\"type\":\"begin\"", await stream.NextAsync(), StringComparison.Ordinal);
            await app.Sessions.AppendAsync(Key, $$"""{"n":{{run}}}""");
            Assert.Contains($"\"n\":{run}", await stream.NextAsync(), StringComparison.Ordinal);
            await app.Sessions.FinishAsync(Key);
            Assert.Contains("""data: {"type":"end","origin":"pydantic-ai-stream","body":{}}""", await stream.NextAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("?follow=yes", "must be true or false")]
    [InlineData("?follow=true&run=r", "cannot be true together with run")]
    public async Task What_else_follow_says_is_refused(string query, string rule)
    {
        await using var app = await StartRunAsync();
        using var response = await app.FollowAsync("s1", query);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(rule, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_listeners_see_the_same()
    {
        await using var app = await StartRunAsync();
        var listeners = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => new SseReader(await app.FollowAsync("s1"))));
        var reading = Task.WhenAll(listeners.Select(listener => listener.ItemsAsync()));
        await app.Sessions.AppendAsync(Key, [.. Enumerable.Range(2, 5000).Select(n => new NewEntry(Protocol.Event, Protocol.DefaultEventOrigin, Encoding.UTF8.GetBytes($$"""{"n":{{n}}}""")))]);
        await app.Sessions.FinishAsync(Key);

        var seen = await reading;
        Assert.Equal(5002, seen[0].Count);
        Assert.Equal("""{"type":"event","origin":"pydantic-ai","body":{"n":5001}}""", seen[0][^1].Data);
        Assert.All(seen, items => Assert.Equal(seen[0].Select(item => item.EventId), items.Select(item => item.EventId)));
        Array.ForEach(listeners, listener => listener.Dispose());
    }

    [Fact]
    public async Task A_body_of_several_lines_arrives_whole()
    {
        await using var app = await StartRunAsync();
        var last = (await CursorsAsync(app))[^1];
        await app.Sessions.AppendAsync(Key, "{\n  \"n\": 2,\r\n  \"m\": 3\r}");
        await app.Sessions.FinishAsync(Key);
        using var stream = new SseReader(await app.FollowAsync("s1", $"?after={last}"));

        var item = Assert.Single(await stream.ItemsAsync());
        Assert.Equal("{\"type\":\"event\",\"origin\":\"pydantic-ai\",\"body\":{\n  \"n\": 2,\n  \"m\": 3\n}}", item.Data);
    }

    private static async Task<ChatApp> StartRunAsync()
    {
        var app = await ChatApp.StartAsync();
        await app.Sessions.StartAsync(Key, new RunRequest("hello"));
        await app.Sessions.AppendAsync(Key, """{"n":1}""");
        return app;
    }

    private static async Task<List<Cursor>> CursorsAsync(ChatApp app) =>
        [.. (await app.Log.ReadAsync(Key, Cursor.Start, 100)).Events.Select(e => e.Cursor)];

    private static async Task AssertNothingAsync(ChatApp app, HttpResponseMessage response, int starts = 0)
    {
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(starts, app.Sessions.Starts.Count);
    }
}
