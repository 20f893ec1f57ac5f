using System.Net;
using System.Text;
using AgentStream.AspNetCore.Requests;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

/// <summary>The routes of the front ends, and what they make of requests. What they answer to clients is shown by the clients: tests/FrontEnds.Tests.</summary>
public sealed class RouteTests
{
    private const string AiSdk = "/api/chat";
    private const string AgUi = "/ag-ui";
    private const string UiMessages = """[{"id":"1","role":"user","parts":[{"type":"text","text":"old"}]},{"id":"2","role":"user","parts":[{"type":"text","text":"hello"},{"type":"data-x","data":1},{"type":"text","text":"you"}]}]""";

    [Theory]
    [InlineData(AiSdk, $$"""{"id":"s1","messages":{{UiMessages}},"trigger":"submit-message","agent":"poet"}""", "hello\nyou", "poet")]
    [InlineData(AiSdk, $$"""{"id":"s1","messages":{{UiMessages}},"trigger":"regenerate-message","messageId":"3"}""", "hello\nyou", null)]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r1","messages":[{"id":"1","role":"user","content":"hello"}],"tools":[],"context":[],"state":{},"forwardedProps":{"agent":"poet"}}""", "hello", "poet")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r1","messages":[{"id":"1","role":"user","content":[{"type":"text","text":"hello"}]}],"forwardedProps":{}}""", "hello", null)]
    public async Task The_last_message_is_the_prompt(string path, string body, string prompt, string? agent)
    {
        await using var app = await StartAsync();
        using var response = await PostAsync(app, path, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        var (session, request) = Assert.Single(app.Sessions.Starts);
        Assert.Equal((ChatApp.Key("s1"), new RunRequest(prompt, agent)), (session, request with { IdempotencyKey = null }));
    }

    [Fact]
    public async Task The_tools_of_an_AG_UI_client_are_those_of_the_run()
    {
        await using var app = await StartAsync();
        using var response = await PostAsync(
            app,
            AgUi,
            """
            {"threadId":"s1","runId":"r1","messages":[{"id":"1","role":"user","content":"hello"}],"tools":[
              {"name":"pick_color","description":"A color.","parameters":{"type":"object"}},{"name":"locate","description":"","parameters":null,"metadata":{}}]}
            """);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([new("pick_color", "A color.", """{"type":"object"}"""), new ClientTool("locate", "")], Assert.Single(app.Sessions.Starts).Request.Tools!);
    }

    [Fact]
    public async Task The_header_that_names_the_protocol_is_there()
    {
        await using var app = await StartAsync();
        using var response = await PostAsync(app, AiSdk, $$"""{"id":"s1","messages":{{UiMessages}}}""");
        using var again = await GetAsync(app, "/api/chat/s1/stream");

        Assert.Equal(["v1"], response.Headers.GetValues("x-vercel-ai-ui-message-stream"));
        Assert.Equal(["v1"], again.Headers.GetValues("x-vercel-ai-ui-message-stream"));
    }

    [Theory]
    [InlineData(AiSdk, "[]", "body", "must be a JSON object, but is an array")]
    [InlineData(AiSdk, $$"""{"messages":{{UiMessages}}}""", "id", "is required")]
    [InlineData(AiSdk, $$"""{"id":"a:b","messages":{{UiMessages}}}""", "id", SessionKey.SessionRule)]
    [InlineData(AiSdk, $$"""{"id":"s1","agent":"","messages":{{UiMessages}}}""", "agent", "must be 1 to 128 characters")]
    [InlineData(AiSdk, $$"""{"id":"s1","on_busy":"wait","messages":{{UiMessages}}}""", "on_busy", "must be 'reject', 'queue', 'replace' or 'steer'")]
    [InlineData(AiSdk, """{"id":"s1"}""", "messages", "must be an array of at least one message")]
    [InlineData(AiSdk, """{"id":"s1","messages":[]}""", "messages", "must be an array of at least one message")]
    [InlineData(AiSdk, """{"id":"s1","messages":[{"role":"assistant","parts":[]}]}""", "messages[0]", "must be the user's: the silo calls the tools and keeps the history, so there is nothing else to send")]
    [InlineData(AiSdk, """{"id":"s1","messages":[7]}""", "messages[0]", "must be the user's: the silo calls the tools and keeps the history, so there is nothing else to send")]
    [InlineData(AiSdk, """{"id":"s1","messages":[{"role":"user"}]}""", "messages[0].parts", "must be the message's text, or an array of its parts")]
    [InlineData(AiSdk, """{"id":"s1","messages":[{"role":"user","parts":[]}]}""", "messages[0].parts", "must not be empty or white space")]
    [InlineData(AiSdk, """{"id":"s1","messages":[{"role":"user","parts":[{"type":"text","text":"x"},{"type":"file","url":"u"}]}]}""", "messages[0].parts[1]", "must be text: prompts have no files here")]
    [InlineData(AiSdk, """{"id":"s1","messages":[{"role":"user","parts":[{"type":"text","text":"\ud800"}]}]}""", "messages[0].parts", "must not contain half of a surrogate pair")]
    [InlineData(AgUi, """{"runId":"r","messages":[{"role":"user","content":"x"}]}""", "threadId", "is required")]
    [InlineData(AgUi, """{"threadId":"s1","messages":[{"role":"user","content":"x"}]}""", "runId", "is required")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"","messages":[{"role":"user","content":"x"}]}""", "runId", "must be 1 to 128 characters")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"x"}],"forwardedProps":{"agent":7}}""", "forwardedProps.agent", "must be a string, but is a number")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":" "}]}""", "messages[0].content", "must not be empty or white space")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"x"}],"tools":[{"name":"a tool"}]}""", "tools[0].name", "must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"x"}],"tools":[{"name":"a","parameters":"{}"}]}""", "tools[0].parameters", "must be a JSON schema of an object, nested at most 50 levels deep")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":"x"}],"tools":{"a":{}}}""", "tools", "must be an array of at most 64 tools")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"tool","content":"x"}]}""", "messages[0].toolCallId", "is required")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"tool","toolCallId":"c1","content":[]}]}""", "messages[0].content", "must be a string, but is an array")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r","messages":[{"role":"user","content":[{"type":"image"}]}]}""", "messages[0].content[0]", "must be text: prompts have no files here")]
    public async Task What_is_wrong_is_named_and_starts_nothing(string path, string body, string field, string rule)
    {
        await using var app = await StartAsync();
        using var response = await PostAsync(app, path, body);

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal([rule], Assert.Single(problem.Errors, error => error.Key == field).Value);
        Assert.Empty(app.Sessions.Starts);
    }

    [Theory]
    [InlineData(AiSdk, "id")]
    [InlineData(AgUi, "threadId")]
    public async Task A_body_of_very_many_values_is_refused(string path, string id)
    {
        await using var app = await StartAsync();
        var zeros = string.Concat(Enumerable.Repeat("0,", TokenCounter.MaxTokens));
        using var response = await PostAsync(app, path, $$"""{"{{id}}":"s1","runId":"r","messages":[{{zeros}}0]}""");

        Assert.Equal(["must not have more than 500000 values and names"], (await Problem.OfAsync(response, HttpStatusCode.BadRequest)).Errors["body"]);
    }

    [Theory]
    [InlineData("/api/chat/s1/stream", "Last-Event-ID", "here")]
    [InlineData("/ag-ui/s1", "Last-Event-ID", "1-0.x")]
    [InlineData("/api/chat/s1/stream", "X-AI-SDK-Version", "6.0.1")]
    [InlineData("/api/chat/s1/stream", "X-AI-SDK-Version", "4")]
    public async Task A_header_that_is_wrong_is_named(string path, string header, string value)
    {
        await using var app = await StartAsync();
        using var response = await GetAsync(app, path, header, value);

        Assert.Equal([header], (await Problem.OfAsync(response, HttpStatusCode.BadRequest)).Errors.Keys);
    }

    [Theory]
    [InlineData("/api/chat/s1/stream")]
    [InlineData("/ag-ui/s1")]
    public async Task A_session_without_a_run_has_nothing_to_come_back_to_and_gets_no_run(string path)
    {
        await using var app = await StartAsync();
        using var response = await GetAsync(app, path);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(app.Sessions.Starts);
    }

    [Theory]
    [InlineData("/api/chat/s1/stream", "[DONE]")]
    [InlineData("/ag-ui/s1", "RUN_FINISHED")]
    public async Task Who_comes_back_behind_the_last_event_of_an_ended_run_is_told_of_its_end(string path, string end)
    {
        await using var app = await StartAsync();
        var key = ChatApp.Key("s1");
        await app.Sessions.StartAsync(key, new RunRequest("hello"));
        await app.Sessions.FinishAsync(key);
        var last = (await app.Log.ReadAsync(key, Cursor.Start, 10)).Events[0].Cursor;
        using var response = await GetAsync(app, path, "Last-Event-ID", last.ToString());

        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains(end, text, StringComparison.Ordinal);
        Assert.DoesNotContain("id: ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AiSdk, $$"""{"id":"s1","messages":{{UiMessages}}}""")]
    [InlineData(AgUi, """{"threadId":"s1","runId":"r1","messages":[{"id":"1","role":"user","content":"hello"}]}""")]
    public async Task A_client_that_leaves_stops_no_run_and_a_cancel_does(string path, string body)
    {
        await using var app = await StartAsync();
        (await PostAsync(app, path, body)).Dispose();
        Assert.True(await app.Log.IsLiveAsync(ChatApp.Key("s1")));
        using var canceled = await app.Http.PostAsync($"{path}/s1/cancel", null);

        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());
        Assert.False(await app.Log.IsLiveAsync(ChatApp.Key("s1")));
    }

    [Theory]
    [InlineData("POST", "/api/chat")]
    [InlineData("GET", "/api/chat/s1/stream")]
    [InlineData("POST", "/api/chat/s1/cancel")]
    [InlineData("POST", "/ag-ui")]
    [InlineData("GET", "/ag-ui/s1")]
    [InlineData("POST", "/ag-ui/s1/cancel")]
    public async Task Nobody_is_let_in_whom_nobody_vouches_for(string verb, string path)
    {
        await using var app = await StartAsync(builder => builder.Services.Configure<AgentStreamHttpOptions>(options => options.GetUser = _ => ValueTask.FromResult<UserKey?>(null)));
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        using var response = await app.Http.SendAsync(request);

        await Problem.OfAsync(response, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/api/chat/s1/stream")]
    [InlineData("/ag-ui/s1")]
    public async Task The_loopback_rule_holds(string path)
    {
        await using var app = await StartAsync();
        app.Http.DefaultRequestHeaders.Host = "evil.example";
        using var response = await app.Http.GetAsync(path);

        await Problem.OfAsync(response, HttpStatusCode.Forbidden);
    }

    private static Task<ChatApp> StartAsync(Action<WebApplicationBuilder>? configure = null) => ChatApp.StartAsync(configure, app =>
    {
        app.MapAgentStreamAiSdk();
        app.MapAgentStreamAgUi();
    });

    private static async Task<HttpResponseMessage> PostAsync(ChatApp app, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    private static async Task<HttpResponseMessage> GetAsync(ChatApp app, string path, string? header = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }
}
