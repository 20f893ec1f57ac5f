using System.Net;
using System.Text;

namespace AgentStream.AspNetCore.Tests;

[Collection(LongBodies.Name)]
public sealed class BadInputTests
{
    private const string SessionRule = SessionKey.SessionRule;

    [Theory]
    [InlineData("{}", "prompt", "is required")]
    [InlineData("""{"prompt":null}""", "prompt", "is required")]
    [InlineData("""{"prompt":"hello","metadata":{}}""", "metadata", "is not known; the fields are prompt, session_id, agent, on_busy, tools, webhook")]
    [InlineData("""{"prompt":"hello","\ud83d":1}""", "body", "must not have a field whose name contains half of a surrogate pair")]
    [InlineData("""{"prompt":""}""", "prompt", "must not be empty or white space")]
    [InlineData("""{"prompt":" \n\t\u2003"}""", "prompt", "must not be empty or white space")]
    [InlineData("""{"prompt":7}""", "prompt", "must be a string, but is a number")]
    [InlineData("""{"prompt":true}""", "prompt", "must be a string, but is a boolean")]
    [InlineData("""{"prompt":["hello"]}""", "prompt", "must be a string, but is an array")]
    [InlineData("""{"prompt":{"text":"hello"}}""", "prompt", "must be a string, but is an object")]
    [InlineData("""{"prompt":"half \ud83d"}""", "prompt", "must not contain half of a surrogate pair")]
    [InlineData("""{"prompt":"hello","session_id":7}""", "session_id", "must be a string, but is a number")]
    [InlineData("""{"prompt":"hello","session_id":""}""", "session_id", SessionRule)]
    [InlineData("""{"prompt":"hello","session_id":"a:live"}""", "session_id", SessionRule)]
    [InlineData("""{"prompt":"hello","session_id":".."}""", "session_id", SessionRule)]
    [InlineData("""{"prompt":"hello","session_id":"a/b"}""", "session_id", SessionRule)]
    [InlineData("""{"prompt":"hello","session_id":"é"}""", "session_id", SessionRule)]
    [InlineData("""{"prompt":"hello","agent":false}""", "agent", "must be a string, but is a boolean")]
    [InlineData("""{"prompt":"hello","agent":""}""", "agent", "must be 1 to 128 characters")]
    [InlineData("""{"prompt":"hello","on_busy":"wait"}""", "on_busy", "must be 'reject', 'queue', 'replace' or 'steer'")]
    [InlineData("""{"prompt":"hello","on_busy":1}""", "on_busy", "must be a string, but is a number")]
    [InlineData("""{"prompt":"hello","tools":{}}""", "tools", "must be an array of at most 64 tools")]
    [InlineData("""{"prompt":"hello","tools":[7]}""", "tools[0]", "must be an object, but is a number")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok"},{}]}""", "tools[1].name", "is required")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok"},{"name":"not ok"}]}""", "tools[1].name", "must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok"},{"name":"ok"}]}""", "tools[1].name", "must not be the name of another tool of the request")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok","description":7}]}""", "tools[0].description", "must be a string, but is a number")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok","parameters":[]}]}""", "tools[0].parameters", "must be a JSON schema of an object, nested at most 50 levels deep")]
    [InlineData("""{"prompt":"hello","tools":[{"name":"ok","parameters":{"type":"string"}}]}""", "tools[0].parameters", "must be a JSON schema of an object, nested at most 50 levels deep")]
    [InlineData("""{"prompt":"hello","webhook":{"url":"https://hooks.example.com"}}""", "webhook", "must be a string, but is an object")]
    [InlineData("[]", "body", "must be a JSON object, but is an array")]
    [InlineData("null", "body", "must be a JSON object, but is null")]
    [InlineData("\"hello\"", "body", "must be a JSON object, but is a string")]
    [InlineData("7", "body", "must be a JSON object, but is a number")]
    [InlineData("", "body", "must be JSON, but is not from line 1, byte 1 on")]
    [InlineData("hello", "body", "must be JSON, but is not from line 1, byte 1 on")]
    [InlineData("{\n\"prompt\": }", "body", "must be JSON, but is not from line 2, byte 11 on")]
    [InlineData("""{"prompt":"hello"} x""", "body", "must be JSON, but is not from line 1, byte 20 on")]
    public async Task A_broken_rule_is_answered_with_its_field(string body, string field, string rule)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync(body);

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal([field], problem.Errors.Keys);
        Assert.Equal([rule], problem.Errors[field]);
        Assert.Equal($"{field} {rule}.", problem.Detail);
        Assert.Equal("Bad Request", problem.Title);
        Assert.Empty(app.Sessions.Starts);
    }

    [Fact]
    public async Task A_name_in_other_letters_is_not_taken_for_the_field()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync("""{"Prompt":"hello"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["is required"], problem.Errors["prompt"]);
        Assert.Equal(["is not known; the fields are prompt, session_id, agent, on_busy, tools, webhook"], problem.Errors["Prompt"]);
    }

    [Fact]
    public async Task Every_wrong_field_is_named()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync("""{"prompt":"","session_id":"a b","agent":[]}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["agent", "prompt", "session_id"], problem.Errors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_refused()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync($$"""{"prompt":"{{new string('x', AgentStreamOptions.MaxPromptLength + 1)}}"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must not be longer than 1000000 characters, but has 1000001"], problem.Errors["prompt"]);
        Assert.Empty(app.Sessions.Starts);
    }

    [Theory]
    [InlineData(128, HttpStatusCode.OK)]
    [InlineData(129, HttpStatusCode.BadRequest)]
    public async Task A_session_id_has_at_most_128_characters(int length, HttpStatusCode expected)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync($$"""{"prompt":"hello","session_id":"{{new string('x', length)}}"}""");

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync([.. """{"prompt":"caf"""u8, 0xE9, .. "\"}"u8]);

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must be UTF-8"], problem.Errors["body"]);
        Assert.Empty(app.Sessions.Starts);
    }

    [Fact]
    public async Task Json_that_is_too_deep_is_refused()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync($$"""{"prompt":"hello","x":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["body"], problem.Errors.Keys);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/vnd.api+json")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Only_json_in_utf8_is_taken(string? contentType)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.PostChatAsync("""{"prompt":"hello"}"""u8.ToArray(), contentType);

        var problem = await Problem.OfAsync(response, HttpStatusCode.UnsupportedMediaType);
        Assert.Contains("application/json", problem.Detail, StringComparison.Ordinal);
        Assert.Empty(app.Sessions.Starts);
    }

    [Theory]
    [InlineData("/chat", false)]
    [InlineData("/chat", true)]
    [InlineData("/chat/s1/tool-results/c1", true)]
    public async Task A_body_over_a_mebibyte_is_refused(string path, bool chunked)
    {
        await using var app = await ChatApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent($$"""{"prompt":"hello","content":"{{new string('x', 1024 * 1024)}}"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        var problem = await Problem.OfAsync(response, HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("The body must not be longer than 1048576 bytes.", problem.Detail);
        Assert.Empty(app.Sessions.Starts);
    }

    [Theory]
    [InlineData("a%3Alive")]
    [InlineData("a%2Fb")]
    [InlineData("a%252Fb")]
    [InlineData("a%20b")]
    [InlineData("%252e%252e")]
    [InlineData("%C3%A9")]
    public async Task A_bad_session_id_in_the_address_is_named(string session)
    {
        await using var app = await ChatApp.StartAsync();
        using var stream = await app.FollowAsync(session);
        using var cancel = await app.Http.PostAsync($"/chat/{session}/cancel", null);

        foreach (var response in new[] { stream, cancel })
        {
            var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
            Assert.Equal([SessionRule], problem.Errors["session_id"]);
        }
    }

    [Theory]
    [InlineData("?after=soon", null, "after")]
    [InlineData("?after=1-", null, "after")]
    [InlineData("?after=-1", null, "after")]
    [InlineData("?after=1-1&after=2-1", null, "after")]
    [InlineData("", "1-2-3", "Last-Event-ID")]
    [InlineData("?after=1-1", "0x10", "Last-Event-ID")]
    public async Task A_bad_cursor_is_named(string query, string? lastEventId, string field)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.FollowAsync("s1", query, lastEventId);

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must be {milliseconds}-{sequence}, as an event's id gives it"], problem.Errors[field]);
    }

    [Fact]
    public async Task A_bad_answer_to_whether_to_include_foreign_sessions_is_named()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.Http.GetAsync("/chat?include_foreign=maybe");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must be true or false"], problem.Errors["include_foreign"]);
        Assert.Empty(app.Sessions.Queries);
    }

    [Fact]
    public async Task What_a_session_refuses_is_named_too()
    {
        await using var app = await ChatApp.StartAsync();
        app.Sessions.BeforeStart = () => throw new InvalidInputException("prompt", "must be polite");
        using var response = await app.PostChatAsync("""{"prompt":"hello"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal(["must be polite"], problem.Errors["prompt"]);
    }
}
