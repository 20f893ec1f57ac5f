using System.Net;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

public sealed class StartTests
{
    [Fact]
    public async Task A_prompt_is_answered_with_the_runs_stream_byte_for_byte()
    {
        await using var app = await ChatApp.StartAsync();
        using var stream = new SseReader(await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""));

        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal(["s1"], stream.Response.Headers.GetValues("X-Session-Id"));

        var key = ChatApp.Key("s1");
        await app.Sessions.AppendAsync(key, """{"idx":0,"event":"llm-begin"}""");
        await app.Sessions.AppendAsync(key, """{"a": "é\n"}""", Protocol.Info, "me \"and\" you");
        var cursors = (await app.Log.ReadAsync(key, Cursor.Start, 10)).Events.Select(e => e.Cursor).ToList();
        await app.Sessions.FinishAsync(key);

        Assert.Equal($$$"""id: {{{cursors[0]}}}{{{"\n"}}}data: {"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"s1"}}{{{"\n\n"}}}""", await stream.NextAsync());
        Assert.Equal($$$"""id: {{{cursors[1]}}}{{{"\n"}}}data: {"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"llm-begin"}}{{{"\n\n"}}}""", await stream.NextAsync());
        Assert.Equal($$$"""id: {{{cursors[2]}}}{{{"\n"}}}data: {"type":"info","origin":"me \u0022and\u0022 you","body":{"a": "é\n"}}{{{"\n\n"}}}""", await stream.NextAsync());
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task The_stream_may_not_be_cached_compressed_or_held_back()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync("""{"prompt":"hello"}""");

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.True(response.Headers.CacheControl is { NoCache: true, NoStore: true, NoTransform: true });
        Assert.Equal(["no"], response.Headers.GetValues("X-Accel-Buffering"));
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_prompt_and_the_agent_reach_the_session()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync("""{"prompt":" h\u00e9llo 👋 ","session_id":"s1","agent":"poet"}""");

        var (key, request) = Assert.Single(app.Sessions.Starts);
        Assert.Equal(ChatApp.Key("s1"), key);
        Assert.Equal(new RunRequest(" héllo 👋 ", "poet"), request);
    }

    [Theory]
    [InlineData("""{"prompt":"hello"}""")]
    [InlineData("""{"prompt":"hello","session_id":null,"agent":null}""")]
    public async Task A_prompt_without_session_gets_a_new_one(string body)
    {
        await using var app = await ChatApp.StartAsync();
        using var first = await app.PostChatAsync(body);
        using var second = await app.PostChatAsync(body);

        var starts = app.Sessions.Starts.ToList();
        Assert.Equal(2, starts.Select(start => start.Key).Distinct().Count());
        Assert.Equal(starts.Select(start => start.Key.Session), [SessionOf(first), SessionOf(second)]);
        Assert.All(starts, start => Assert.Null(start.Request.Agent));

        static string SessionOf(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues("X-Session-Id"));
    }

    [Fact]
    public async Task Json_may_say_its_charset_and_come_in_chunks()
    {
        await using var app = await ChatApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = new StringContent("""{"prompt":"hello"}""", Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        using var response = await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_longest_prompt_that_is_allowed_is_taken()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync($$"""{"prompt":"{{new string('x', AgentStreamOptions.MaxPromptLength)}}"}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(AgentStreamOptions.MaxPromptLength, Assert.Single(app.Sessions.Starts).Request.Prompt.Length);
    }

    [Fact]
    public async Task A_caller_who_goes_away_does_not_abort_the_start()
    {
        await using var app = await ChatApp.StartAsync();
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        app.Sessions.BeforeStart = () =>
        {
            reached.SetResult();
            return release.Task;
        };

        using var gone = new CancellationTokenSource();
        var post = app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""", cancellationToken: gone.Token);
        await reached.Task.Within();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post);
        release.SetResult();

        await Wait.Until(() => app.Log.IsLiveAsync(ChatApp.Key("s1")));
        Assert.Single(app.Sessions.Starts);
    }

    [Fact]
    public async Task A_busy_session_is_refused_and_its_run_goes_on()
    {
        await using var app = await ChatApp.StartAsync();
        using var first = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
        using var second = await app.PostChatAsync("""{"prompt":"hello again","session_id":"s1"}""");

        var problem = await Problem.OfAsync(second, HttpStatusCode.Conflict);
        Assert.Equal("The session has a run under way. Follow that run, cancel it, or start again after its end.", problem.Detail);
        Assert.True(await app.Log.IsLiveAsync(ChatApp.Key("s1")));
    }

    [Theory]
    [InlineData("true", "No agent is named 'nobody'. Registered: assistant, poet.")]
    [InlineData("false", "No agent is named 'nobody'.")]
    public async Task An_unknown_agent_is_not_found_and_which_there_are_is_told_only_with_details(string details, string told)
    {
        await using var app = await ChatApp.StartAsync(builder => builder.Configuration["AgentStream:IncludeDetailedErrors"] = details);
        app.Sessions.BeforeStart = () => throw new UnknownAgentException("nobody", "assistant, poet");
        using var response = await app.PostChatAsync("""{"prompt":"hello","agent":"nobody"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.NotFound);
        Assert.Equal(told, problem.Detail);
        Assert.Equal(["must be the name of a registered agent"], problem.Errors["agent"]);
    }
}
