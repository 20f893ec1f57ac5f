using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentStream.AspNetCore.Security;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>Tokens that let a browser in which cannot send headers.</summary>
public sealed partial class SessionTokenTests
{
    private const string Header = "X-User";
    private const string Friend = "https://app.example.com";

    private static readonly SessionKey Key = new("acme", "anna", "s1");

    private readonly ManualTimeProvider _time = new();

    public static TheoryData<string, string, string> Routes => new()
    {
        { "follow", "GET", "/chat/s1/stream" }, { "follow", "GET", "/api/chat/s1/stream" }, { "follow", "GET", "/ag-ui/s1" },
        { "read", "GET", "/chat/s1" }, { "read", "GET", "/chat/s1/messages" }, { "read", "GET", "/chat/s1/schedules" },
        { "cancel", "POST", "/chat/s1/cancel" }, { "cancel", "POST", "/api/chat/s1/cancel" }, { "cancel", "POST", "/ag-ui/s1/cancel" },
        { "rename", "PATCH", "/chat/s1" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_token_lets_its_bearer_in_as_its_user_for_its_verbs_alone(string verb, string method, string path)
    {
        await using var app = await StartAsync();
        var token = await TokenAsync(app, $$"""{"verbs":["{{verb}}"]}""");
        using var response = await SendAsync(app, method, path, token);
        Assert.False(response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, response.StatusCode.ToString());
        if (verb == "cancel")
        {
            Assert.Equal("""{"cancelled":true}""", await response.Content.ReadAsStringAsync());
        }

        var others = string.Join(',', new[] { "follow", "read", "cancel", "rename" }.Where(other => other != verb).Select(other => $"\"{other}\""));
        using var refused = await SendAsync(app, method, path, await TokenAsync(app, $$"""{"verbs":[{{others}}]}"""));
        Assert.Contains("does not allow", (await Problem.OfAsync(refused, HttpStatusCode.Forbidden)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_other_route_takes_a_token_also_not_for_a_new_one()
    {
        await using var app = await StartAsync();
        var token = await TokenAsync(app, """{"verbs":["follow","read","cancel","rename"]}""");
        var taken = Routes.Select(route => ((string)route[1], (string)route[2]));
        foreach (var (method, path) in OriginTests.Routes.Select(route => ((string)route[0], Regex.Replace((string)route[1], "/s(?=/|$)", "/s1"))).Except(taken))
        {
            using var response = await SendAsync(app, method, path, token);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, response.StatusCode));
        }

        Assert.Single(app.Sessions.Starts);
        Assert.True(await app.Log.IsLiveAsync(Key));
    }

    [Fact]
    public async Task All_that_are_no_good_get_the_same_answer()
    {
        await using var app = await StartAsync();
        await using var stranger = await StartAsync();
        var token = await TokenAsync(app);
        var late = await TokenAsync(app);
        var protector = app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("another purpose");
        var middle = token.Length / 2;
        string[] forged =
        [
            await TokenAsync(app, session: "s2"), await TokenAsync(stranger), "x", "ast_", "ast_x", "ast_%zz", token[..^1], token + "x",
            token[..middle] + (token[middle] == 'A' ? 'B' : 'A') + token[(middle + 1)..],
            "ast_" + protector.Protect(new SessionToken(Key, SessionVerbs.Follow, DateTimeOffset.MaxValue, _time.GetUtcNow()).ToString()),
        ];
        var answers = new HashSet<string>();
        foreach (var one in forged)
        {
            using var response = await SendAsync(app, "GET", "/chat/s1/stream", one);
            answers.Add((await Problem.OfAsync(response, HttpStatusCode.Unauthorized)).Text);
            Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
        }

        _time.Advance(TimeSpan.FromMinutes(60));
        using var expired = await SendAsync(app, "GET", "/chat/s1/stream", late);
        answers.Add((await Problem.OfAsync(expired, HttpStatusCode.Unauthorized)).Text);
        Assert.Single(answers);
    }

    [Fact]
    public async Task Another_users_token_is_for_their_own_session_of_that_name()
    {
        await using var app = await StartAsync();
        using var response = await SendAsync(app, "POST", "/chat/s1/cancel", await TokenAsync(app, """{"verbs":["cancel"]}""", user: "ben"));
        Assert.Equal("""{"cancelled":false}""", await response.Content.ReadAsStringAsync());
        Assert.True(await app.Log.IsLiveAsync(Key));
    }

    [Theory]
    [InlineData("""{"verbs":["follow","delete"]}""", "verbs")]
    [InlineData("""{"verbs":[]}""", "verbs")]
    [InlineData("""{"verbs":"follow"}""", "verbs")]
    [InlineData("""{"verbs":[1]}""", "verbs")]
    [InlineData("""{"verbs":["\ud800"]}""", "verbs")]
    [InlineData("""{"cookie":"yes"}""", "cookie")]
    [InlineData("""{"verb":["follow"]}""", "verb")]
    [InlineData("[]", "body")]
    public async Task A_wrong_body_is_refused_and_the_answer_names_the_field(string body, string field)
    {
        await using var app = await StartAsync();
        using var response = await AskAsync(app, body);
        Assert.Equal([field], (await Problem.OfAsync(response, HttpStatusCode.BadRequest)).Errors.Keys);
    }

    [Fact]
    public async Task Without_a_body_a_token_is_for_following_and_says_when_it_ends()
    {
        await using var app = await StartAsync();
        using var response = await AskAsync(app, null);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(_time.GetUtcNow().AddMinutes(60).UtcDateTime, json.RootElement.GetProperty("expires_at").GetDateTime());
        Assert.True(response.Headers.CacheControl!.NoStore);
        using var followed = await SendAsync(app, "GET", "/chat/s1/stream", json.RootElement.GetProperty("token").GetString()!);
        Assert.Equal(HttpStatusCode.OK, followed.StatusCode);
        Assert.DoesNotContain("anna", json.RootElement.GetProperty("token").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_nobody_gets_no_token()
    {
        await using var app = await StartAsync();
        using var response = await AskAsync(app, null, user: "");
        await Problem.OfAsync(response, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Own_credentials_go_before_a_token()
    {
        await using var app = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/chat/s1/cancel?access_token={await TokenAsync(app, """{"verbs":["cancel"]}""")}") { Headers = { { Header, "ben" } } };
        using var response = await app.Http.SendAsync(request);
        Assert.Equal("""{"cancelled":false}""", await response.Content.ReadAsStringAsync());

        using var forged = new HttpRequestMessage(HttpMethod.Get, "/chat?access_token=ast_x") { Headers = { { Header, "ben" } } };
        using var served = await app.Http.SendAsync(forged);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task A_cookie_is_for_the_sessions_routes_and_no_script_reads_it()
    {
        await using var app = await StartAsync();
        using var response = await AskAsync(app, """{"cookie":true}""");
        Assert.Equal(["expires_at"], JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.EnumerateObject().Select(field => field.Name));
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("agentstream_token=ast_", cookie, StringComparison.Ordinal);
        Assert.EndsWith("; max-age=3600; path=/chat/s1; samesite=strict; httponly", cookie, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/chat/s1/stream") { Headers = { { "Cookie", cookie[..cookie.IndexOf(';', StringComparison.Ordinal)] } } };
        using var stream = new SseReader(await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        _time.Advance(TimeSpan.FromMinutes(50));
        await app.Sessions.AppendAsync(Key, "1");
        Assert.StartsWith("id: ", await stream.NextAsync(), StringComparison.Ordinal);
        Assert.NotNull(await stream.ReadAsync());
        Assert.DoesNotContain("event: token", await RestAsync(app, stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_policy_of_the_programs_own_a_token_is_a_scheme()
    {
        var issuer = new Tokens();
        await using var app = await ChatApp.StartAsync(
            builder =>
            {
                issuer.Standard(builder);
                builder.Services.AddAuthentication("Bearer").AddAgentStreamSessionToken();
                builder.Services.AddAuthorization();
            },
            app =>
            {
                var policy = new AuthorizationPolicyBuilder("Bearer", AgentStreamSessionToken.AuthenticationScheme).RequireAuthenticatedUser().Build();
                app.MapAgentStream("/guarded").RequireAuthorization(policy);
                app.MapGet("/own", () => "secret").RequireAuthorization(policy);
            });
        await app.Sessions.StartAsync(new SessionKey("1", "anna", "s1"), new RunRequest("hello"));
        app.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issuer.New(new() { ["sub"] = "anna" }));
        var token = await TokenAsync(app, route: "/guarded");
        app.Http.DefaultRequestHeaders.Authorization = null;
        foreach (var (path, one, status) in ((string, string, HttpStatusCode)[])
            [
                ("/guarded/s1/stream", token, HttpStatusCode.OK), ("/guarded/s1/stream", "ast_x", HttpStatusCode.Unauthorized), ("/guarded/s2/stream", token, HttpStatusCode.Unauthorized),
                ("/guarded/s1", token, HttpStatusCode.Unauthorized), ("/own", token, HttpStatusCode.Unauthorized),
            ])
        {
            using var response = await SendAsync(app, "GET", path, one);
            Assert.Equal((path, one == token, status), (path, one == token, response.StatusCode));
        }
    }

    private static ServiceProvider Keys() => new ServiceCollection().AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider()).BuildServiceProvider();

    private Task<ChatApp> StartAsync(Action<WebApplicationBuilder> settings) => StartAsync(true, settings);

    private async Task<ChatApp> StartAsync(bool withRun = true, Action<WebApplicationBuilder>? settings = null)
    {
        var app = await ChatApp.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(_time);
                builder.Services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
                builder.Services.Configure<AgentStreamHttpOptions>(options => options.GetUser = context => ValueTask.FromResult<UserKey?>(
                    context.Request.Headers[Header].ToString() is { Length: > 0 } user ? new UserKey("acme", user) : null));
                settings?.Invoke(builder);
            },
            app =>
            {
                app.MapAgentStreamAiSdk();
                app.MapAgentStreamAgUi();
            });
        if (withRun)
        {
            await app.Sessions.StartAsync(Key, new RunRequest("hello"));
        }

        return app;
    }

    private static async Task<HttpResponseMessage> AskAsync(ChatApp app, string? body, string session = "s1", string user = "anna", string route = "/chat")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{route}/{session}/token") { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(Header, user);
        return await app.Http.SendAsync(request).Within();
    }

    private static async Task<string> TokenAsync(ChatApp app, string? body = null, string session = "s1", string user = "anna", string route = "/chat")
    {
        using var response = await AskAsync(app, body, session, user, route);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("token").GetString()!;
    }

    private static async Task<HttpResponseMessage> SendAsync(ChatApp app, string method, string path, string token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}access_token={token}");
        return await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    private static async Task<string> NotSilentAsync(SseReader stream)
    {
        string? frame;
        do
        {
            frame = await stream.NextAsync();
        }
        while (frame?.StartsWith(':') == true);
        return frame!;
    }

    private static async Task<string> RestAsync(ChatApp app, SseReader stream)
    {
        await app.Sessions.FinishAsync(Key);
        var rest = new StringBuilder();
        while (await stream.NextAsync() is { } frame)
        {
            rest.Append(frame);
        }

        return rest.ToString();
    }
}
