using System.Net;
using AgentStream.AspNetCore.Security;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>What a browser brings from pages of other sites, and what a proxy brings from other machines.</summary>
public sealed class OriginTests
{
    private const string Friend = "https://app.example.com";

    public static TheoryData<string, string> Routes => new()
    {
        { "GET", "/chat" }, { "GET", "/chat?all=true" }, { "GET", "/chat?include_foreign=true" }, { "POST", "/chat" },
        { "GET", "/chat/s" }, { "DELETE", "/chat/s" }, { "PATCH", "/chat/s" }, { "GET", "/chat/s/stream" }, { "POST", "/chat/s/cancel" },
        { "GET", "/chat/s/messages" }, { "PUT", "/chat/s/messages" }, { "POST", "/chat/s/approvals/r" }, { "POST", "/chat/s/tool-results/c" },
        { "DELETE", "/chat/s/approval-rules/r" }, { "GET", "/chat/limits" }, { "POST", "/chat/s/token" },
        { "GET", "/chat/s/schedules" }, { "POST", "/chat/s/schedules" }, { "DELETE", "/chat/s/schedules/x" },
        { "POST", "/api/chat" }, { "GET", "/api/chat/s/stream" }, { "POST", "/api/chat/s/cancel" },
        { "POST", "/ag-ui" }, { "GET", "/ag-ui/s" }, { "POST", "/ag-ui/s/cancel" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_page_of_another_site_gets_through_no_door(string method, string path)
    {
        await using var app = await StartAsync();
        foreach (var headers in (string[][])
            [["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"], ["Origin: http://evil.example"], ["Origin: null"]])
        {
            using var response = await SendAsync(app, method, path, headers);
            var problem = await Problem.OfAsync(response, HttpStatusCode.Forbidden);
            Assert.Contains("AllowedOrigins", problem.Detail, StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task Another_sites_page_cancels_nothing()
    {
        await using var app = await StartAsync();
        await app.Sessions.StartAsync(ChatApp.Key("s"), new RunRequest("hello"));
        using var response = await SendAsync(app, "POST", "/chat/s/cancel", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.True(await app.Log.IsLiveAsync(ChatApp.Key("s")));
    }

    [Theory]
    [InlineData]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none")]
    [InlineData("Origin: http://{host}")]
    [InlineData("Origin: https://{host}")]
    [InlineData("Origin: http://the.name.before.the.proxy", "Sec-Fetch-Site: same-origin")]
    public async Task Its_own_pages_and_what_is_no_page_get_through(params string[] headers)
    {
        await using var app = await StartAsync();
        using var response = await SendAsync(app, "GET", "/chat", headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_page_that_is_let_in_may_read_the_answer_and_its_headers()
    {
        await using var app = await StartAsync(Friend);
        using var preflight = await SendAsync(
            app, "OPTIONS", "/chat/s/messages", $"Origin: {Friend}", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type,idempotency-key");
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Friend, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("PUT", preflight.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("content-type,idempotency-key", preflight.Headers.GetValues("Access-Control-Allow-Headers").Single());
        foreach (var path in (string[])["/chat", "/chat?all=maybe"])
        {
            using var response = await SendAsync(app, "GET", path, $"Origin: {Friend}", "Sec-Fetch-Site: cross-site");
            Assert.Equal(path == "/chat" ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal(Friend, response.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Contains("X-Run-Id", response.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
        }

        using var other = await SendAsync(app, "OPTIONS", "/chat", "Origin: http://evil.example", "Access-Control-Request-Method: POST");
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Who_calls_is_still_asked_of_a_page_that_is_let_in()
    {
        await using var app = await StartAsync(Friend, options => options.GetUser = _ => ValueTask.FromResult<UserKey?>(null));
        using var response = await SendAsync(app, "GET", "/chat", $"Origin: {Friend}");
        await Problem.OfAsync(response, HttpStatusCode.Unauthorized);
        Assert.Equal(Friend, response.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_policy_of_the_programs_own_lets_its_origins_in_and_no_others(bool isNamed)
    {
        await using var app = await ChatApp.StartAsync(
            builder => builder.Services.AddCors(cors => cors.AddPolicy("own", policy => policy.WithOrigins(Friend))),
            app =>
            {
                app.UseCors();
                var routes = app.MapAgentStreamAiSdk();
                _ = isNamed ? routes.RequireCors("own") : routes.RequireCors(policy => policy.WithOrigins(Friend));
            });
        using var friend = await SendAsync(app, "POST", "/api/chat/s/cancel", $"Origin: {Friend}", "Sec-Fetch-Site: cross-site");
        Assert.Equal((HttpStatusCode.OK, Friend), (friend.StatusCode, friend.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        using var other = await SendAsync(app, "POST", "/api/chat/s/cancel", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site");
        await Problem.OfAsync(other, HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("app.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://APP.example.com")]
    [InlineData("ftp://app.example.com")]
    public async Task An_origin_that_no_browser_sends_is_refused_at_the_start(string origin)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(origin));
        Assert.Contains("AgentStream:Http:AllowedOrigins:0", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(origin, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Forwarded: for=203.0.113.9")]
    [InlineData("X-Forwarded-For: 203.0.113.9")]
    [InlineData("x-forwarded-proto: https")]
    [InlineData("X-Original-For: 203.0.113.9")]
    [InlineData("Via: 1.1 proxy")]
    [InlineData("X-Real-IP: 203.0.113.9")]
    public async Task While_nothing_says_who_calls_no_proxy_gets_through(string header)
    {
        await using var closed = await StartAsync();
        using (var response = await SendAsync(closed, "GET", "/chat", header))
        {
            Assert.Equal(LoopbackRule.Why, (await Problem.OfAsync(response, HttpStatusCode.Forbidden)).Detail);
        }

        await using var open = await StartAsync(configure: options => options.AllowAnonymous = true);
        using var served = await SendAsync(open, "GET", "/chat", header);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    private static Task<ChatApp> StartAsync(string? origin = null, Action<AgentStreamHttpOptions>? configure = null) => ChatApp.StartAsync(
        builder =>
        {
            if (origin is not null)
            {
                builder.Configuration["AgentStream:Http:AllowedOrigins:0"] = origin;
            }

            builder.Services.Configure(configure ?? (_ => { }));
        },
        app =>
        {
            app.MapAgentStreamAiSdk();
            app.MapAgentStreamAgUi();
        });

    private static async Task<HttpResponseMessage> SendAsync(ChatApp app, string method, string path, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim().Replace("{host}", app.Http.BaseAddress!.Authority, StringComparison.Ordinal));
        }

        return await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }
}
