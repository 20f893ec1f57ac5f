using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.RateLimiting;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>Limits over HTTP: what a caller is told, through each protocol, and how many streams it may follow.</summary>
public sealed class LimitRouteTests
{
    private const string AiSdkBody = """{"id":"c","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hello"}]}]}""";
    private const string AgUiBody = """{"threadId":"c","runId":"r","messages":[{"id":"m","role":"user","content":"hello"}],"tools":[],"context":[],"state":{},"forwardedProps":{} }""";

    [Theory]
    [InlineData("/chat", """{"prompt":"hello","session_id":"c"}""")]
    [InlineData("/api/chat", AiSdkBody)]
    [InlineData("/ag-ui", AgUiBody)]
    public async Task A_prompt_beyond_a_limit_is_told_its_name_and_when_to_come_back(string path, string body)
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model, ("AgentStream:Limits:PerUser:LiveRuns", "1"));
        using var http = WholeProgram.NewClient(app);
        using var first = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        using var refused = await PostAsync(http, path, body);
        Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
        var problem = JsonElement.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.TooManyRequests, "live_runs", "user", 1), (refused.StatusCode, Text(problem, "limit"), Text(problem, "target"), problem.GetProperty("allowed").GetInt32()));
        Assert.Equal("The limit of 1 runs at a time for a user is reached. Try again in 5 s.", Text(problem, "detail"));
    }

    [Fact]
    public async Task A_user_reads_its_limits_and_the_client_of_NET_has_them_as_its_server_does()
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(
            model,
            ("AgentStream:Limits:PerUser:LiveRuns", "1"),
            ("AgentStream:Limits:PerUser:QueuedPrompts", "0"),
            ("AgentStream:Limits:PerUser:PromptsPerMinute", "0"),
            ("AgentStream:Limits:PerUser:Sessions", "0"),
            ("AgentStream:Limits:PerUser:JournalBytes", "0"),
            ("AgentStream:Limits:PerUser:Listeners", "3"),
            ("AgentStream:Limits:PerScope:TokensPerDay", "1000"));
        using var http = WholeProgram.NewClient(app);
        using var stream = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""");

        var asked = DateTime.UtcNow;
        var limits = JsonElement.Parse(await http.GetStringAsync(new Uri("/chat/limits", UriKind.Relative)));
        Assert.Collection(
            limits.EnumerateArray().Select(limit => limit.ToString()),
            limit => Assert.Equal("""{"limit":"live_runs","target":"user","allowed":1,"used":1}""", limit),

            // The day may have ended meanwhile.
            limit => Assert.Contains(limit, new[] { TokensOf(asked), TokensOf(DateTime.UtcNow) }),
            limit => Assert.Equal("""{"limit":"listeners","target":"user","allowed":3,"used":1}""", limit));

        using var client = new AgentStreamHttpClient(new Uri(http.BaseAddress!, "chat"));
        var usage = await client.GetLimitsAsync(new UserKey(1, 1));
        Assert.Equal([("live_runs", LimitTarget.User, 1, 1), ("tokens_per_day", LimitTarget.Scope, 1000, 0), ("listeners", LimitTarget.User, 3, 1)], usage.Select(limit => (limit.Name, limit.Target, limit.Allowed, limit.Used)));
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => client.StartAsync(new SessionKey(1, 1, "b"), new RunRequest("hello")));
        Assert.Equal((LimitNames.LiveRuns, LimitTarget.User, 1, TimeSpan.FromSeconds(5)), (error.Limit, error.Target, error.Allowed, error.RetryAfter));
        Assert.Equal("The limit of 1 runs at a time for a user is reached. Try again in 5 s.", error.Message);
    }

    [Fact]
    public async Task A_user_follows_so_many_streams_through_all_protocols_and_one_that_is_over_makes_room()
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model, ("AgentStream:Limits:PerUser:Listeners", "3"));
        using var http = WholeProgram.NewClient(app);
        using var first = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""");
        using var second = await GetAsync(http, "/api/chat/a/stream");
        var third = await GetAsync(http, "/ag-ui/a");
        Assert.All([first, second, third], response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        foreach (var path in (string[])["/chat/a/stream", "/api/chat/a/stream", "/ag-ui/a"])
        {
            using var refused = await GetAsync(http, path);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal("listeners", Text(JsonElement.Parse(await refused.Content.ReadAsStringAsync()), "limit"));
        }

        // A prompt that would have nobody to listen is not started.
        using var prompt = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"b"}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, prompt.StatusCode);
        using var other = await GetAsync(http, "/chat/b");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);

        third.Dispose();
        await Wait.Until(async () =>
        {
            using var response = await GetAsync(http, "/chat/a/stream");
            return response.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task Streams_of_another_user_are_not_counted_and_those_of_its_scope_can_be()
    {
        using var model = new TwoWords();
        await using var app = await StartAsync(model, ("AgentStream:Limits:PerUser:Listeners", "1"), ("AgentStream:Limits:PerScope:Listeners", "2"));
        using var http = WholeProgram.NewClient(app);
        using var anna = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""", "acme:anna");
        using var ben = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""", "acme:ben");
        Assert.All([anna, ben], response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        using var carl = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""", "acme:carl");
        Assert.Equal("scope", Text(JsonElement.Parse(await carl.Content.ReadAsStringAsync()), "target"));
        using var dora = await PostAsync(http, "/chat", """{"prompt":"hello","session_id":"a"}""", "umbrella:dora");
        Assert.Equal(HttpStatusCode.OK, dora.StatusCode);
    }

    [Fact]
    public async Task The_rate_limiting_of_ASP_NET_Core_holds_for_the_routes()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(
            model,
            _ => { },
            builder => builder.Services.AddRateLimiter(limits =>
            {
                limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                limits.AddPolicy("chat", context => RateLimitPartition.GetTokenBucketLimiter(
                    context.User.Identity?.Name ?? context.Connection.RemoteIpAddress?.ToString() ?? "",
                    _ => new() { TokenLimit = 2, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromHours(1) }));
            }),
            app =>
            {
                app.UseRateLimiter();
                app.MapAgentStream("/limited").RequireRateLimiting("chat");
            });
        using var http = WholeProgram.NewClient(app);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            using var response = await GetAsync(http, "/limited");
            statuses.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], statuses);
    }

    [Theory]
    [InlineData("AgentStream:Limits:PerUser:LiveRuns")]
    [InlineData("AgentStream:Limits:PerScope:TokensPerDay")]
    [InlineData("AgentStream:Limits:SessionJournalBytes")]
    public async Task A_limit_below_zero_stops_the_start_and_names_the_setting(string setting)
    {
        using var model = new TwoWords();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(model, (setting, "-1")));
        Assert.Contains($"{setting} must be 0, for no limit, or more, but is '-1'.", error.Message, StringComparison.Ordinal);
    }

    private static Task<WebApplication> StartAsync(TwoWords model, params (string, string)[] settings) => WholeProgram.StartAsync(
        model,
        _ => { },
        builder => builder.Services.Configure<AgentStreamHttpOptions>(http => http.GetUser = context =>
            ValueTask.FromResult<UserKey?>(context.Request.Headers["X-User"].ToString() is { Length: > 0 } user ? UserKey.Parse(user) : new UserKey(1, 1))),
        app =>
        {
            app.MapAgentStreamAiSdk();
            app.MapAgentStreamAgUi();
        },
        settings);

    private static string TokensOf(DateTime day) =>
        $$"""{"limit":"tokens_per_day","target":"scope","allowed":1000,"used":0,"resets_at":"{{day.Date.AddDays(1):yyyy-MM-ddTHH:mm:ssZ}}"}""";

    private static string? Text(JsonElement problem, string name) => problem.GetProperty(name).GetString();

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string path) =>
        http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body, string user = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-User", user);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
