using System.Net;
using AgentStream.Client.Tests.Events;
using AgentStream.TestTools;

namespace AgentStream.Client.Tests.Http;

/// <summary>Listening over connections that break in every way: each event once, in order, and nothing is ever started.</summary>
public sealed class ListenTests
{
    private static readonly SessionKey Key = new(1, 1, "s1");
    private static readonly List<StreamEntry> Run = Golden.Stream(Golden.ToolCall);
    private static readonly string Frames = ScriptedServer.Frames(Run);

    [Fact]
    public async Task A_run_is_followed_to_its_end()
    {
        using var server = new ScriptedServer().Streams(Frames).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        var seen = await server.Rush(ListSessionsAsync(client));
        Assert.Equal(Run.Select(item => item.ToJson()), seen.Select(item => item.ToJson()));
        Assert.Equal(Run.Select(item => item.Cursor), seen.Select(item => item.Cursor));
        Assert.Equal(["GET /chat/s1/stream", "GET /chat/s1/stream after 12-0"], server.Requests);
    }

    [Fact]
    public async Task An_event_may_be_as_deep_as_JSON_may_be_here()
    {
        var deep = new string('[', 996) + new string(']', 996);
        var run = Golden.Stream($$"""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"t","tool_call_id":"c","args":{{deep}}}
            """);
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(run)).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(run.Select(item => item.ToJson()), (await server.Rush(ListSessionsAsync(client))).Select(item => item.ToJson()));
    }

    [Fact]
    public async Task Wherever_the_connection_breaks_each_event_comes_once_and_in_order()
    {
        // Bodies come in sevens, so a step of eleven cuts everywhere in them.
        foreach (var cut in Enumerable.Range(0, Frames.Length).Where(at => at % 11 == 0).Append(Frames.Length))
        {
            foreach (var after in (After[])[After.Break, After.Complete])
            {
                // What the first connection told whole is not told by the second.
                var whole = Frames[..cut].Split("\n\n").Length - 1;
                using var server = new ScriptedServer().Streams(Frames[..cut], after).Refuses().Answers(HttpStatusCode.ServiceUnavailable);
                _ = whole == Run.Count ? server : server.Streams(ScriptedServer.Frames(Run.Skip(whole)));
                server.Answers(HttpStatusCode.NoContent);
                using var client = server.NewClient();

                var seen = await server.Rush(ListSessionsAsync(client));
                Assert.True(Run.Select(item => item.Cursor).SequenceEqual(seen.Select(item => item.Cursor)), $"cut at {cut}, {after}: {string.Join(' ', seen.Select(item => item.Cursor))}");
                Assert.Equal(whole == 0 ? "GET /chat/s1/stream" : $"GET /chat/s1/stream after {whole}-0", server.Requests.ElementAt(1));
                Assert.All(server.Requests, request => Assert.StartsWith("GET ", request, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task A_server_that_tells_again_what_was_heard_is_not_believed_twice()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(5)), After.Break).Streams(Frames).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(Run.Select(item => item.Cursor), (await server.Rush(ListSessionsAsync(client))).Select(item => item.Cursor));
    }

    [Fact]
    public async Task A_cursor_of_the_callers_is_where_it_begins()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Skip(3)), After.Break).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(Run.Skip(3).Select(item => item.Cursor), (await server.Rush(ListSessionsAsync(client, new Cursor(3, 0)))).Select(item => item.Cursor));
        Assert.Equal(["GET /chat/s1/stream after 3-0", "GET /chat/s1/stream after 12-0"], server.Requests);
    }

    [Fact]
    public async Task The_next_run_of_the_session_is_not_followed_when_this_one_was_told_whole()
    {
        using var server = new ScriptedServer().Streams(Frames).Streams(ScriptedServer.Frames(Golden.Stream(Golden.ToolCall, first: 100)));
        using var client = server.NewClient();
        Assert.Equal(Run.Select(item => item.Cursor), (await server.Rush(ListSessionsAsync(client))).Select(item => item.Cursor));
    }

    [Fact]
    public async Task After_a_break_the_next_run_of_the_session_supersedes_what_was_heard()
    {
        var next = Golden.Stream(Golden.ToolCall, first: 100);
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(5)), After.Break).Streams(ScriptedServer.Frames(next)).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(Run.Take(5).Concat(next).Select(item => item.Cursor), (await server.Rush(ListSessionsAsync(client))).Select(item => item.Cursor));
    }

    [Fact]
    public async Task What_comes_from_the_journal_stands_behind_one_place_and_the_stream_goes_on_behind_that()
    {
        StreamEntry At(ulong place, uint number, string type) => new(new Cursor(7, place | ((ulong)number << 32)), type, "o", "{}"u8.ToArray());
        StreamEntry[] live = [At(1, 0, Protocol.Begin), At(2, 0, Protocol.Event)];
        StreamEntry[] replayed = [At(2, 1, Protocol.Info), At(2, 2, Protocol.Event), At(8, 3, Protocol.Event), At(9, 4, Protocol.End)];
        StreamEntry[] next = [At(9, 0, Protocol.End), At(10, 0, Protocol.Begin), At(11, 0, Protocol.End)];
        using var server = new ScriptedServer()
            .Streams(ScriptedServer.Frames(live), After.Break)
            .Streams(ScriptedServer.Frames([.. live, .. replayed, replayed[^1]]), After.Break)
            .Streams(ScriptedServer.Frames(next), After.Break)
            .Answers(HttpStatusCode.Unauthorized);
        using var client = server.NewClient();
        var seen = new List<StreamEntry>();
        await Assert.ThrowsAsync<ServerRefusedException>(() => server.Rush(Task.Run(async () =>
        {
            await foreach (var item in client.ListenToSessionAsync(Key))
            {
                seen.Add(item);
            }

            return true;
        })));
        Assert.Equal([.. live, .. replayed, .. next[1..]], seen, (left, right) => left.Cursor == right.Cursor && left.Type == right.Type);
    }

    [Fact]
    public async Task Where_there_is_nothing_to_follow_it_completes_at_once()
    {
        using var server = new ScriptedServer().Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Empty(await ListSessionsAsync(client).Within());
    }

    [Fact]
    public async Task A_connection_that_says_nothing_any_more_counts_as_lost()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(5)), After.Silence)
            .Streams(ScriptedServer.Frames(Run.Skip(5))).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient(options => options.IdleTimeout = TimeSpan.FromSeconds(30));
        var seen = new List<Cursor>();
        var listening = Task.Run(async () =>
        {
            await foreach (var item in client.ListenRawAsync(Key))
            {
                lock (seen)
                {
                    seen.Add(item.Cursor);
                }
            }

            return true;
        });
        await Wait.Until(() => seen.Count == 5 && server.Time.NextTimer == TimeSpan.FromSeconds(30), "the listener waits for the sixth event");
        Assert.Single(server.Requests);

        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await server.Rush(listening));
        Assert.Equal(Run.Select(item => item.Cursor), seen);
    }

    [Fact]
    public async Task Comments_keep_a_silent_connection()
    {
        using var server = new ScriptedServer().Streams($": keep-alive\n\n{Frames}: keep-alive\n\n").Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(Run.Count, (await server.Rush(ListSessionsAsync(client))).Count);
    }

    [Fact]
    public async Task What_is_no_event_is_passed_over()
    {
        using var server = new ScriptedServer()
            .Streams($"data: {{\"type\":\"info\",\"origin\":\"x\",\"body\":{{}}}}\n\nid: 0-1\ndata: not JSON\n\nid: 0-2\ndata: [1]\n\nid: 0-3\ndata: {{\"origin\":\"x\"}}\n\n{Frames}")
            .Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal(Run.Select(item => item.Cursor), (await server.Rush(ListSessionsAsync(client))).Select(item => item.Cursor));
    }

    [Fact]
    public async Task A_body_over_several_lines_is_one()
    {
        using var server = new ScriptedServer().Streams("id: 5-1\ndata: {\"type\":\"info\",\"origin\":\"me\",\"body\":{\"a\":\ndata: [1,\ndata: 2]}}\n\n").Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal("{\"type\":\"info\",\"origin\":\"me\",\"body\":{\"a\":\n[1,\n2]}}", Assert.Single(await server.Rush(ListSessionsAsync(client))).ToJson());
    }

    [Fact]
    public async Task It_gives_up_when_the_server_cannot_be_reached_for_long()
    {
        using var server = new ScriptedServer { Otherwise = ScriptedServer.Refused };
        server.Streams(ScriptedServer.Frames(Run.Take(5)), After.Break);
        using var client = server.NewClient(options => options.ReconnectTimeout = TimeSpan.FromSeconds(20));
        var begin = server.Time.GetUtcNow();
        var error = await Assert.ThrowsAsync<ServerUnreachableException>(() => server.Rush(ListSessionsAsync(client)));
        Assert.Contains("session 1:1:s1 gave up", error.Message, StringComparison.Ordinal);
        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
        Assert.InRange(server.Time.GetUtcNow() - begin, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));
        Assert.InRange(server.Requests.Count, 5, 20);
    }

    [Fact]
    public async Task It_gives_up_with_the_servers_words_when_the_log_is_away_for_long()
    {
        using var server = new ScriptedServer { Otherwise = () => ScriptedServer.Response(HttpStatusCode.ServiceUnavailable, """{"detail":"The stream store is out of reach."}""") };
        using var client = server.NewClient();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => server.Rush(ListSessionsAsync(client)));
        Assert.Equal("The stream store is out of reach.", error.Message);
    }

    [Fact]
    public async Task It_never_gives_up_when_told_so()
    {
        using var server = new ScriptedServer();
        for (var i = 0; i < 100; i++)
        {
            server.Refuses();
        }

        server.Streams(Frames).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient(options => options.ReconnectTimeout = Timeout.InfiniteTimeSpan);
        Assert.Equal(Run.Count, (await server.Rush(ListSessionsAsync(client))).Count);
    }

    [Fact]
    public async Task A_refusal_is_final()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(5)), After.Break).Answers(HttpStatusCode.Unauthorized, """{"detail":"Who are you?"}""");
        using var client = server.NewClient();
        var error = await Assert.ThrowsAsync<ServerRefusedException>(() => server.Rush(ListSessionsAsync(client)));
        Assert.Equal((HttpStatusCode.Unauthorized, "The server answered 401: Who are you?"), (error.Status, error.Message));
    }

    [Fact]
    public async Task An_address_without_the_routes_is_told_from_a_session_without_a_run()
    {
        using var server = new ScriptedServer().Answers(HttpStatusCode.OK, "<html>", "text/html");
        using var client = server.NewClient();
        await Assert.ThrowsAsync<ServerRefusedException>(() => ListSessionsAsync(client).Within());
    }

    [Fact]
    public async Task The_token_ends_the_listening()
    {
        using var server = new ScriptedServer().Streams(Frames, After.Silence);
        using var client = server.NewClient();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in client.ListenRawAsync(Key, cancellationToken: stop.Token))
            {
                if (item.Cursor == Run[^1].Cursor)
                {
                    stop.CancelAfter(0);
                }
            }
        }).Within();
    }

    private static async Task<List<StreamEntry>> ListSessionsAsync(AgentStreamHttpClient client, Cursor? after = null)
    {
        var seen = new List<StreamEntry>();
        await foreach (var item in client.ListenRawAsync(Key, after))
        {
            seen.Add(item);
        }

        return seen;
    }
}
