using System.Net;
using AgentStream.Client.Tests.Events;
using AgentStream.Events;
using AgentStream.TestTools;

namespace AgentStream.Client.Tests.Http;

/// <summary>Starting: once, whatever happens to the connection.</summary>
public sealed class RunTests
{
    private const string Post = """POST /chat {"prompt":"what is 12*7?","session_id":"s1"}""";

    private static readonly SessionKey Key = new(1, 1, "s1");
    private static readonly RunRequest Request = new("what is 12*7?");
    private static readonly List<StreamEntry> Run = Golden.Stream(Golden.ToolCall);

    [Fact]
    public async Task A_start_answers_with_the_run_and_leaves_it_to_itself()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run), After.Silence);
        using var client = server.NewClient();
        Assert.Equal(new StartedRun("run-1", new Cursor(1, 0)), await client.StartAsync(Key, new RunRequest("hi \"there\"", "demo")).Within());
        Assert.Equal(["""POST /chat {"prompt":"hi \u0022there\u0022","session_id":"s1","agent":"demo"}"""], server.Requests);
    }

    [Fact]
    public async Task Asking_answers_with_the_text()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run)).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        Assert.Equal("12*7 is 84.", await server.Rush(client.AskAsync(Key, Request)));
        Assert.Equal([Post, "GET /chat/s1/stream after 12-0"], server.Requests);
    }

    [Fact]
    public async Task A_connection_that_breaks_goes_on_by_following_and_starts_nothing_again()
    {
        var text = ScriptedServer.Frames(Run);
        for (var cut = 0; cut < text.Length; cut += 13)
        {
            var whole = text[..cut].Split("\n\n").Length - 1;
            using var server = new ScriptedServer().Streams(text[..cut], After.Break).Refuses()
                .Streams(ScriptedServer.Frames(Run.Skip(whole))).Answers(HttpStatusCode.NoContent);
            using var client = server.NewClient();
            Assert.Equal("12*7 is 84.", await server.Rush(client.AskAsync(Key, Request)));
            Assert.Equal(Post, server.Requests.First());
            Assert.All(server.Requests.Skip(1), request => Assert.StartsWith("GET /chat/s1/stream", request, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_start_without_an_answer_is_not_repeated()
    {
        using var server = new ScriptedServer().Refuses();
        using var client = server.NewClient();
        await Assert.ThrowsAsync<ServerUnreachableException>(() => client.AskAsync(Key, Request).Within());
        Assert.Equal([Post], server.Requests);
    }

    [Fact]
    public async Task A_start_is_not_waited_for_for_ever()
    {
        using var server = new ScriptedServer().Answers(() => throw new TaskCanceledException("as HttpClient has it when its own limit is over"));
        using var client = server.NewClient();
        Assert.Contains("it took too long", (await Assert.ThrowsAsync<ServerUnreachableException>(() => client.AskAsync(Key, Request).Within())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typed_events_come_as_they_are_told()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run)).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        var seen = new List<string>();
        await foreach (var item in client.AskStreamingAsync(Key, Request))
        {
            seen.Add(item.GetType().Name);
        }

        Assert.Equal(Run.Select(item => AgentEvent.Read(item).GetType().Name), seen);
    }

    [Fact]
    public async Task A_canceled_run_and_a_crashed_one_are_told_apart()
    {
        using var canceled = new ScriptedServer().Streams(Note("canceled")).Answers(HttpStatusCode.NoContent);
        using var one = canceled.NewClient();
        Assert.Equal("1:1:s1", (await Assert.ThrowsAsync<RunCanceledException>(() => canceled.Rush(one.AskAsync(Key, Request)))).Session);

        using var crashed = new ScriptedServer().Streams(Note("crashed - no model")).Answers(HttpStatusCode.NoContent);
        using var other = crashed.NewClient();
        Assert.Equal("crashed - no model", (await Assert.ThrowsAsync<RunFailedException>(() => crashed.Rush(other.AskAsync(Key, Request)))).Reason);

        using var failing = new ScriptedServer().Streams(Note("crashed - no model\",\"reason\":\"limit\",\"reference\":\"0123456789ab")).Answers(HttpStatusCode.NoContent);
        using var third = failing.NewClient();
        var failed = await Assert.ThrowsAsync<RunFailedException>(() => failing.Rush(third.AskAsync(Key, Request)));
        Assert.Equal((FailureReasons.Limit, "0123456789ab"), (failed.FailureReason, failed.Reference));
        Assert.EndsWith("crashed - no model (reference 0123456789ab)", failed.Message, StringComparison.Ordinal);

        static string Note(string message) =>
            ScriptedServer.Frames([.. Run.Take(3), Golden.Event($$"""error {"msg":"{{message}}"}""", new Cursor(4, 0))]);
    }

    [Fact]
    public async Task Half_an_answer_is_none()
    {
        // The rest had expired before the connection was back.
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(10)), After.Break).Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();
        var error = await Assert.ThrowsAsync<RunFailedException>(() => server.Rush(client.AskAsync(Key, Request)));
        Assert.Equal("its last events were gone before they were read", error.Reason);
    }

    [Fact]
    public async Task The_next_run_of_the_session_is_not_taken_for_this_one()
    {
        using var server = new ScriptedServer().Streams(ScriptedServer.Frames(Run.Take(10)), After.Break).Streams(ScriptedServer.Frames(Golden.Stream(Golden.ToolCall, first: 100)));
        using var client = server.NewClient();
        await Assert.ThrowsAsync<RunFailedException>(() => server.Rush(client.AskAsync(Key, Request)));
    }
}
