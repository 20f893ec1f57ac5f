using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>ASP.NET Core's authentication says who calls, without a line about it.</summary>
public sealed class AuthenticationTests
{
    private readonly Tokens _tokens = new();

    [Theory]
    [InlineData("42", "42")]
    [InlineData("0e6a4bd5-3f0b-4c0e-9b5a-0d7c2a1f9e11", "0e6a4bd5-3f0b-4c0e-9b5a-0d7c2a1f9e11")]
    [InlineData("auth0|42", "auth0=7C42")]
    [InlineData("auth0=7C42", "auth0=3D7C42")]
    [InlineData("CN=Anna Å", "CN=3DAnna=20=C3=85")]
    [InlineData("..", "=2E=2E")]
    public async Task The_user_is_the_subject_of_the_token(string subject, string user)
    {
        foreach (var isMapped in (bool[])[true, false])
        {
            await using var app = await StartAsync(builder => builder.Configuration["Authentication:Schemes:Bearer:MapInboundClaims"] = isMapped ? "true" : "false");
            SignIn(app, _tokens.New(new() { ["sub"] = subject }));
            using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
            Assert.Equal(new SessionKey("1", user, "s1"), Assert.Single(app.Sessions.Starts).Key);
        }
    }

    [Fact]
    public async Task The_scope_is_the_claim_that_the_setting_names()
    {
        await using var app = await StartAsync(builder => builder.Configuration["AgentStream:Http:ScopeClaim"] = "tenant");
        SignIn(app, _tokens.New(new() { ["sub"] = "anna", ["tenant"] = "acme" }));
        using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(new SessionKey("acme", "anna", "s1"), Assert.Single(app.Sessions.Starts).Key);
    }

    [Fact]
    public async Task A_token_that_names_no_scope_or_no_user_is_refused_and_the_answer_says_what_is_missing()
    {
        await using var app = await StartAsync(builder => builder.Configuration["AgentStream:Http:ScopeClaim"] = "tenant");
        foreach (var (claims, missing) in ((Dictionary<string, object>, string)[])
            [
                (new() { ["sub"] = "anna" }, "'tenant'"),
                (new() { ["sub"] = "anna", ["tenant"] = new string('x', 129) }, "'tenant'"),
                (new() { ["tenant"] = "acme" }, "'sub'"),
                (new() { ["sub"] = "", ["tenant"] = "acme" }, "'sub'"),
            ])
        {
            SignIn(app, _tokens.New(claims));
            using var response = await app.Http.GetAsync("/chat");
            Assert.Contains(missing, (await Problem.OfAsync(response, HttpStatusCode.Forbidden)).Detail, StringComparison.Ordinal);
        }

        Assert.Empty(app.Sessions.Queries);
    }

    [Fact]
    public async Task Who_brings_no_token_is_told_so_in_the_way_of_the_scheme()
    {
        await using var app = await StartAsync();
        using var response = await app.Http.GetAsync("/chat");
        Assert.Contains("Authorization", (await Problem.OfAsync(response, HttpStatusCode.Unauthorized)).Detail, StringComparison.Ordinal);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task A_token_that_is_forged_or_too_old_or_for_others_is_refused()
    {
        await using var app = await StartAsync();
        foreach (var token in (string[])
            [
                new Tokens().New(new() { ["sub"] = "anna" }), _tokens.New(new() { ["sub"] = "anna" }, age: TimeSpan.FromHours(2)), _tokens.New(new() { ["sub"] = "anna" }, "others"), "x.y.z",
            ])
        {
            SignIn(app, token);
            using var response = await app.Http.GetAsync("/chat");
            Assert.Contains("not valid", (await Problem.OfAsync(response, HttpStatusCode.Unauthorized)).Detail, StringComparison.Ordinal);
        }

        Assert.Empty(app.Sessions.Queries);
    }

    [Fact]
    public async Task With_authentication_a_server_may_listen_beyond_this_machine_and_stand_behind_a_proxy()
    {
        await using var app = await StartAsync(builder => builder.WebHost.UseUrls("http://0.0.0.0:0"));
        SignIn(app, _tokens.New(new() { ["sub"] = "anna" }));
        app.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
    }

    [Fact]
    public async Task Without_a_token_one_is_anybody_only_where_that_is_meant()
    {
        await using var app = await StartAsync(builder => builder.Configuration["AgentStream:Http:AllowAnonymous"] = "true");
        using (var anonymous = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""))
        {
            Assert.Equal(new SessionKey(1, 1, "s1"), Assert.Single(app.Sessions.Starts).Key);
        }

        SignIn(app, _tokens.New(new() { ["sub"] = "anna" }));
        using var known = await app.PostChatAsync("""{"prompt":"hello","session_id":"s2"}""");
        Assert.Equal(new SessionKey("1", "anna", "s2"), app.Sessions.Starts.Last().Key);
    }

    [Fact]
    public async Task A_function_of_the_programs_own_goes_first()
    {
        await using var app = await StartAsync(builder => builder.Services.Configure<AgentStreamHttpOptions>(http =>
            http.GetUser = context => ValueTask.FromResult<UserKey?>(new UserKey("own", context.User.Identity!.IsAuthenticated ? "known" : "unknown"))));
        using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(new SessionKey("own", "unknown", "s1"), Assert.Single(app.Sessions.Starts).Key);
    }

    [Fact]
    public async Task A_blank_name_of_a_claim_is_refused_at_the_start()
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(builder => builder.Configuration["AgentStream:Http:ScopeClaim"] = " "));
        Assert.Contains("AgentStream:Http:ScopeClaim", refusal.Message, StringComparison.Ordinal);
    }

    private Task<ChatApp> StartAsync(Action<WebApplicationBuilder>? configure = null) => ChatApp.StartAsync(builder =>
    {
        _tokens.Standard(builder);
        configure?.Invoke(builder);
    });

    private static void SignIn(ChatApp app, string token) => app.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
}
