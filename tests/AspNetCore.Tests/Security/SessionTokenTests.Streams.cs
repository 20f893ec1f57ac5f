using System.Net;
using System.Text.Json;
using AgentStream.AspNetCore.Security;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests.Security;

public sealed partial class SessionTokenTests
{
    [Fact]
    public async Task A_listener_gets_a_fresh_token_in_time_and_stays_when_the_old_one_ends()
    {
        await using var app = await StartAsync();
        var old = await TokenAsync(app);
        using var stream = new SseReader(await SendAsync(app, "GET", "/chat/s1/stream", old));
        using var known = new HttpRequestMessage(HttpMethod.Get, "/chat/s1/stream") { Headers = { { Header, "anna" } } };
        using var other = new SseReader(await app.Http.SendAsync(known, HttpCompletionOption.ResponseHeadersRead));
        Assert.Contains("begin", await stream.NextAsync(), StringComparison.Ordinal);

        var tokens = new List<string>();
        for (var renewal = 0; renewal < 5; renewal++)
        {
            _time.Advance(TimeSpan.FromMinutes(15));
            var frame = await NotSilentAsync(stream);
            Assert.StartsWith("event: token\ndata: {\"token\":\"ast_", frame, StringComparison.Ordinal);
            Assert.Equal(2, frame.TrimEnd().Split('\n').Length);
            using var json = JsonDocument.Parse(frame.Split('\n')[1]["data: ".Length..]);
            Assert.Equal(_time.GetUtcNow().AddMinutes(60).UtcDateTime, json.RootElement.GetProperty("expires_at").GetDateTime());
            tokens.Add(json.RootElement.GetProperty("token").GetString()!);
            await app.Sessions.AppendAsync(Key, "1");
            Assert.Contains("\"body\":1", await NotSilentAsync(stream), StringComparison.Ordinal);
        }

        using (var refused = await SendAsync(app, "GET", "/chat/s1/stream", old))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using (var again = await SendAsync(app, "GET", "/chat/s1/stream", tokens[^1]))
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        using (var cancel = await SendAsync(app, "POST", "/chat/s1/cancel", tokens[^1]))
        {
            Assert.Equal(HttpStatusCode.Forbidden, cancel.StatusCode);
        }

        Assert.DoesNotContain("event: token", await RestAsync(app, other), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_renewed_for_a_day_and_not_longer()
    {
        var tokens = new SessionTokens(Keys(), Options.Create(new AgentStreamHttpOptions()), _time);
        var (begin, token, renewals) = (_time.GetUtcNow(), tokens.New(Key, SessionVerbs.Follow), 0);
        for (; renewals < 1_000; renewals++)
        {
            _time.Advance(TimeSpan.FromMinutes(15));
            if (tokens.Renew(token) is not { } renewed)
            {
                break;
            }

            token = renewed;
        }

        Assert.Equal((begin.AddDays(1), Key, SessionVerbs.Follow), (token.Expires, token.Key, token.Verbs));
        Assert.InRange(renewals, 90, 96);
    }

    [Fact]
    public async Task A_page_of_an_origin_that_is_let_in_follows_with_a_token_and_others_do_not()
    {
        await using var app = await StartAsync(settings: builder => builder.Configuration["AgentStream:Http:AllowedOrigins:0"] = Friend);
        var token = await TokenAsync(app);
        foreach (var (origin, status) in ((string, HttpStatusCode)[])[(Friend, HttpStatusCode.OK), ("https://evil.example", HttpStatusCode.Forbidden)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/chat/s1/stream?access_token={token}") { Headers = { { "Origin", origin }, { "Sec-Fetch-Site", "cross-site" } } };
            using var response = await app.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((status, status == HttpStatusCode.OK), (response.StatusCode, response.Headers.Contains("Access-Control-Allow-Origin")));
        }
    }

    [Theory]
    [InlineData("59s")]
    [InlineData("25h")]
    public async Task A_lifetime_beyond_its_bounds_is_refused_at_the_start(string lifetime)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(settings: builder => builder.Configuration["AgentStream:Http:SessionTokenLifetime"] = lifetime));
        Assert.Contains("AgentStream:Http:SessionTokenLifetime", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_anybody_may_call_a_token_is_not_needed_but_works()
    {
        await using var app = await ChatApp.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddAuthentication().AddAgentStreamSessionToken();
        });
        var key = ChatApp.Key("s1");
        await app.Sessions.StartAsync(key, new RunRequest("hello"));
        using (var stream = new SseReader(await SendAsync(app, "GET", "/chat/s1/stream", "ast_x")))
        {
            Assert.Contains("begin", await stream.NextAsync(), StringComparison.Ordinal);
        }

        using (var renewing = new SseReader(await SendAsync(app, "GET", "/chat/s1/stream", await TokenAsync(app))))
        {
            Assert.Contains("begin", await renewing.NextAsync(), StringComparison.Ordinal);
            _time.Advance(TimeSpan.FromMinutes(15));
            Assert.StartsWith("event: token", await NotSilentAsync(renewing), StringComparison.Ordinal);
        }

        // The scheme alone is nobody: this machine is still the only one that is served.
        using var proxied = new HttpRequestMessage(HttpMethod.Get, "/chat") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };
        using var refused = await app.Http.SendAsync(proxied);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }
}
