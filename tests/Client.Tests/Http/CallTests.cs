using System.Net;
using System.Text;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Client.Tests.Http;

/// <summary>The other calls, what goes wrong with them, and the settings.</summary>
public sealed class CallTests
{
    private static readonly SessionKey Key = new(1, 1, "a@b=c+d");

    [Fact]
    public async Task Calls_are_the_routes_of_the_protocol()
    {
        using var server = new ScriptedServer()
            .Answers(HttpStatusCode.OK, """{"cancelled":true}""", "application/json")
            .Answers(HttpStatusCode.OK, """[{"scope_id":1,"user_id":1,"session_id":"x"}]""", "application/json")
            .Answers(HttpStatusCode.OK, """{"session_id":"s","title":"hi","status":"live","error":null,"nodes":[]}""", "application/json")
            .Answers(HttpStatusCode.OK, """{"session_id":"s","title":"hi","status":"idle","error":"canceled","nodes":[]}""", "application/json")
            .Answers(HttpStatusCode.OK, "[]", "application/json")
            .Answers(HttpStatusCode.NoContent)
            .Answers(HttpStatusCode.NoContent);
        using var client = server.NewClient();

        Assert.True(await client.CancelAsync(Key));
        Assert.Equal([new SessionKey(1, 1, "x")], await client.GetLiveSessionsAsync(new UserKey(1, 1), includeExternal: true));
        Assert.True(await client.IsLiveAsync(Key));
        var session = await client.GetSessionAsync(Key);
        Assert.Equal(("hi", false, "canceled", "[]"), (session!.Title, session.IsLive, session.Error, Encoding.UTF8.GetString(session.Messages)));
        await client.ImportMessagesAsync(Key, "[ ]"u8.ToArray());
        await client.DeleteSessionAsync(Key);
        Assert.Equal(
            [
                "POST /chat/a%40b%3Dc%2Bd/cancel", "GET /chat?include_foreign=true", "GET /chat/a%40b%3Dc%2Bd", "GET /chat/a%40b%3Dc%2Bd",
                "GET /chat/a%40b%3Dc%2Bd/messages", "PUT /chat/a%40b%3Dc%2Bd/messages [ ]", "DELETE /chat/a%40b%3Dc%2Bd",
            ],
            server.Requests);
    }

    [Fact]
    public async Task Users_may_have_names_instead_of_numbers()
    {
        using var server = new ScriptedServer().Answers(HttpStatusCode.OK, """[{"scope_id":1,"user_id":"anna","session_id":"x"}]""", "application/json");
        using var client = server.NewClient(options => options.User = new UserKey("1", "anna"));

        Assert.Equal([new SessionKey("1", "anna", "x")], await client.GetLiveSessionsAsync(new UserKey("1", "anna")));
    }

    [Fact]
    public async Task A_session_may_be_as_deep_as_JSON_may_be_here()
    {
        var deep = new string('[', 990) + new string(']', 990);
        using var server = new ScriptedServer()
            .Answers(HttpStatusCode.OK, $$"""{"session_id":"s","title":"hi","status":"idle","error":null,"nodes":[{"parts":[{"args":{{deep}}}]}]}""", "application/json")
            .Answers(HttpStatusCode.OK, "[]", "application/json");
        using var client = server.NewClient();
        Assert.Equal("hi", (await client.GetSessionAsync(Key))!.Title);
    }

    [Fact]
    public async Task All_sessions_are_asked_for_and_read()
    {
        using var server = new ScriptedServer().Answers(
            HttpStatusCode.OK,
            """[{"scope_id":1,"user_id":1,"session_id":"x","title":"hi","changed":"2026-03-04T05:06:07+00:00","live":true},{"scope_id":1,"user_id":1,"session_id":"y","title":"No title","changed":null,"live":false}]""",
            "application/json");
        using var client = server.NewClient();
        Assert.Equal(
            [
                new SessionSummary(new SessionKey(1, 1, "x"), "hi", new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), IsLive: true),
                new SessionSummary(new SessionKey(1, 1, "y"), "No title", Changed: null, IsLive: false),
            ],
            await client.ListSessionsAsync(new UserKey(1, 1), 5));
        Assert.Equal(["GET /chat?all=true&count=5"], server.Requests);
        await Assert.ThrowsAsync<InvalidInputException>(() => client.ListSessionsAsync(new UserKey(1, 2)));
    }

    [Fact]
    public async Task Pages_follow_the_link_that_says_next_whatever_others_there_are()
    {
        using var server = new ScriptedServer()
            .Answers(() => Page("a", "<https://cdn/x?after=no>; rel=\"preload\", <?all=true&after=p%2B1&x=1>; title=\"more\"; rel=\"next\", <?after=no>; rel=prev"))
            .Answers(() => Page("b", "</chat?after=p2>; rel=next"))
            .Answers(() => Page("c", "<?after=no>; rel=\"first\""));
        using var client = server.NewClient();
        Assert.Equal(["a", "b", "c"], await client.EnumerateSessionsAsync(new UserKey(1, 1), new SessionQuery(1, Search: "a&b")).Select(session => session.Key.Session).ToListAsync());
        Assert.Equal(
            ["GET /chat?all=true&count=1&search=a%26b", "GET /chat?all=true&count=1&search=a%26b&after=p%2B1", "GET /chat?all=true&count=1&search=a%26b&after=p2"],
            server.Requests);

        static HttpResponseMessage Page(string id, string link)
        {
            var response = ScriptedServer.Response(HttpStatusCode.OK, $$"""[{"scope_id":1,"user_id":1,"session_id":"{{id}}","title":"t","changed":null,"live":false}]""", "application/json");
            response.Headers.Add("Link", link);
            return response;
        }
    }

    [Fact]
    public async Task A_title_is_a_patch_and_an_unknown_session_has_none()
    {
        using var server = new ScriptedServer()
            .Answers(HttpStatusCode.OK, """{"session_id":"s","title":"Sums"}""", "application/json")
            .Answers(HttpStatusCode.NotFound, """{"detail":"Nobody has written to a session of that id."}""")
            .Answers(HttpStatusCode.Conflict, """{"detail":"busy"}""");
        using var client = server.NewClient();
        Assert.True(await client.RenameSessionAsync(Key, " Sums "));
        Assert.False(await client.RenameSessionAsync(Key, "Sums"));
        await Assert.ThrowsAsync<SessionBusyException>(() => client.RenameSessionAsync(Key, "Sums"));
        Assert.Equal("title", (await Assert.ThrowsAsync<InvalidInputException>(() => client.RenameSessionAsync(Key, "\n"))).Field);
        Assert.Equal(Enumerable.Repeat("""PATCH /chat/a%40b%3Dc%2Bd {"title":"Sums"}""", 3), server.Requests);
    }

    [Fact]
    public async Task A_session_nobody_wrote_to_is_null()
    {
        using var server = new ScriptedServer { Otherwise = () => ScriptedServer.Response(HttpStatusCode.NotFound, """{"detail":"Nobody has written to a session of that id."}""") };
        using var client = server.NewClient();
        Assert.Null(await client.GetSessionAsync(Key));
        Assert.False(await client.IsLiveAsync(Key));
        Assert.Null(await client.GetHistoryAsync(Key));
    }

    [Fact]
    public async Task A_server_without_the_routes_is_no_session_nobody_wrote_to()
    {
        using var server = new ScriptedServer().Answers(HttpStatusCode.NotFound, "<html>", "text/html");
        using var client = server.NewClient();
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<ServerRefusedException>(() => client.GetSessionAsync(Key))).Status);
    }

    [Theory]
    [InlineData(400, """{"detail":"prompt is required.","errors":{"prompt":["is required"],"agent":["must be 1 to 128 characters"]}}""", typeof(InvalidInputException), "prompt is required; agent must be 1 to 128 characters")]
    [InlineData(400, """{"detail":"What?"}""", typeof(ServerRefusedException), "The server answered 400: What?")]
    [InlineData(404, """{"detail":"No agent is named 'x'. Registered: a, b.","errors":{"agent":["must be the name of a registered agent"]}}""", typeof(UnknownAgentException), "No agent is named 'x'. Registered: a, b.")]
    [InlineData(404, """{"detail":"No agent is named 'x'.","errors":{"agent":["must be the name of a registered agent"]}}""", typeof(UnknownAgentException), "No agent is named 'x'.")]
    [InlineData(409, """{"detail":"busy"}""", typeof(SessionBusyException), "Session 1:1:a@b=c+d is busy: a run is under way. Follow that run, cancel it, or start again after its end.")]
    [InlineData(503, """{"detail":"The stream store is out of reach."}""", typeof(StorageUnavailableException), "The stream store is out of reach.")]
    [InlineData(502, "<html>", typeof(ServerUnreachableException), "A gateway could not reach the server: Bad Gateway")]
    [InlineData(403, """{"detail":"Not you."}""", typeof(ServerRefusedException), "The server answered 403: Not you.")]
    [InlineData(500, """{"detail":"The server failed.","reference":"0123456789ab"}""", typeof(ServerRefusedException), "The server answered 500: The server failed. (reference 0123456789ab)")]
    [InlineData(500, "null", typeof(ServerRefusedException), "The server answered 500: Internal Server Error")]
    [InlineData(413, "", typeof(ServerRefusedException), "The server answered 413: Request Entity Too Large")]
    public async Task What_goes_wrong_comes_back_as_the_exception_it_was(int status, string problem, Type type, string message)
    {
        using var server = new ScriptedServer().Answers((HttpStatusCode)status, problem);
        using var client = server.NewClient();
        var error = await Assert.ThrowsAsync(type, () => client.StartAsync(Key, new RunRequest("hi", "x")).Within());
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData(404, """{"detail":"No agent is named 'x'. Registered: a, b.","errors":{"agent":["must be the name of a registered agent"]}}""", typeof(UnknownAgentException), "No agent is named 'x'. Registered: a, b.")]
    [InlineData(404, """{"detail":"No agent is named 'x'.","errors":{"agent":["must be the name of a registered agent"]}}""", typeof(UnknownAgentException), "No agent is named 'x'.")]
    [InlineData(404, """{"detail":"The session has no request 'r': it never had it, or a later prompt has declined it.","errors":{"request_id":["?"]}}""", typeof(UnknownRequestException), "The session has no request 'r': it never had it, or a later prompt has declined it.")]
    [InlineData(404, """{"detail":"Not here."}""", typeof(UnknownRequestException), "The session has no request 'c1': it never had it, or a later prompt has declined it.")]
    [InlineData(409, """{"detail":"The request 'r' has another answer already; the first one counts.","errors":{"request_id":["has another answer"]}}""", typeof(RequestAnsweredException), "The request 'r' has another answer already; the first one counts.")]
    [InlineData(409, """{"detail":"Taken.","errors":{"request_id":["has another answer"]}}""", typeof(RequestAnsweredException), "The request 'c1' has another answer already; the first one counts.")]
    [InlineData(409, """{"detail":"busy"}""", typeof(SessionBusyException), "Session 1:1:a@b=c+d is busy: a run is under way. Follow that run, cancel it, or start again after its end.")]
    public async Task What_goes_wrong_with_an_answer_comes_back_as_the_exception_it_was(int status, string problem, Type type, string message)
    {
        using var server = new ScriptedServer().Answers((HttpStatusCode)status, problem);
        using var client = server.NewClient();
        var error = await Assert.ThrowsAsync(type, () => client.SubmitToolResultAsync(Key, "c1", "1").Within());
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task Answers_and_tools_are_in_the_words_of_the_protocol()
    {
        using var server = new ScriptedServer { Otherwise = () => ScriptedServer.Response(HttpStatusCode.OK, """{"pending":1,"run_id":null}""", "application/json") };
        using var client = server.NewClient();
        await client.ApproveAsync(Key, "r", """{ "a": 1 }""", ApprovalMemory.Tool);
        await client.ApproveAsync(Key, "r", memory: ApprovalMemory.Call);
        await client.DenyAsync(Key, "r", "no");
        await client.SubmitToolResultAsync(Key, "c1", "null", isError: true);
        await Assert.ThrowsAsync<ServerRefusedException>(() => client.StartAsync(Key, new RunRequest("hi", Tools: [new("locate", null, """{ "type": "object" }"""), new("ask", "Why?")])));
        Assert.Equal(
            [
                """POST /chat/a%40b%3Dc%2Bd/approvals/r {"approved":true,"args":{"a":1},"remember":"tool"}""",
                """POST /chat/a%40b%3Dc%2Bd/approvals/r {"approved":true,"remember":"call"}""",
                """POST /chat/a%40b%3Dc%2Bd/approvals/r {"approved":false,"reason":"no"}""",
                """POST /chat/a%40b%3Dc%2Bd/tool-results/c1 {"content":null,"is_error":true}""",
                """POST /chat {"prompt":"hi","session_id":"a@b=c\u002Bd","tools":[{"name":"locate","parameters":{"type":"object"}},{"name":"ask","description":"Why?"}]}""",
            ],
            server.Requests);
    }

    [Fact]
    public async Task A_key_of_another_user_is_refused_and_nothing_is_sent()
    {
        using var server = new ScriptedServer();
        using var client = server.NewClient(options => options.User = new UserKey(1, 7));
        var error = await Assert.ThrowsAsync<InvalidInputException>(() => client.CancelAsync(Key));
        Assert.Equal("user must be 1:7, for whom the server takes this client (AgentStreamHttpClientOptions.User), but is 1:1", error.Message);
        await Assert.ThrowsAsync<InvalidInputException>(() => client.GetLiveSessionsAsync(new UserKey(1, 1)));
        await Assert.ThrowsAsync<InvalidInputException>(() => client.StartAsync(Key, new RunRequest("hi")));
        Assert.Throws<InvalidInputException>(() => client.ListenRawAsync(Key));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void Settings_that_break_their_rules_are_named()
    {
        Assert.Equal("Address", Field(options => options.Address = new Uri("ftp://server/chat")));
        Assert.Equal("Address", Field(options => options.Address = new Uri("/chat", UriKind.Relative)));
        Assert.Equal("ReconnectTimeout", Field(options => options.ReconnectTimeout = TimeSpan.FromSeconds(-3)));
        Assert.Equal("IdleTimeout", Field(options => options.IdleTimeout = TimeSpan.Zero));

        static string Field(Action<AgentStreamHttpClientOptions> configure)
        {
            using var server = new ScriptedServer();
            return Assert.Throws<InvalidInputException>(() => server.NewClient(configure)).Field;
        }
    }

    [Fact]
    public async Task Services_have_the_client_with_its_headers()
    {
        using var server = new ScriptedServer().Answers(HttpStatusCode.OK, "[]", "application/json");
        var seen = "";
        await using var services = new ServiceCollection()
            .AddAgentStreamHttpClient(new Uri("http://server/chat/"), options =>
            {
                options.CreateHandler = () => server;
                options.ConfigureHttp = http =>
                {
                    http.DefaultRequestHeaders.Add("Authorization", "Bearer x");
                    seen = http.DefaultRequestHeaders.Authorization!.Parameter;
                };
            })
            .Services.BuildServiceProvider();
        var client = services.GetRequiredService<IAgentStreamClient>();
        Assert.Same(services.GetRequiredService<AgentStreamHttpClient>(), client);
        Assert.Empty(await client.GetLiveSessionsAsync(new UserKey(1, 1)));
        Assert.Equal(["GET /chat"], server.Requests);
        Assert.Equal("x", seen);
    }

    [Fact]
    public void A_program_with_this_client_needs_neither_a_web_server_nor_a_Redis()
    {
        // What this test's own process could load: it refers to the client and to nothing that needs more. The attributes of Orleans bring types of connections along, and no server.
        var loadable = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(Path.GetFileName);
        Assert.DoesNotContain(
            loadable,
            name => (name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) && name != "Microsoft.AspNetCore.Connections.Abstractions.dll") || name.StartsWith("StackExchange", StringComparison.Ordinal));
    }
}
