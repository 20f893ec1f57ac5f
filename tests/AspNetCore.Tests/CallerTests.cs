using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

public sealed class CallerTests
{
    private static readonly Action<WebApplicationBuilder> ByHeader = builder =>
        builder.Services.Configure<AgentStreamHttpOptions>(options => options.GetUser = context => ValueTask.FromResult<UserKey?>(
            long.TryParse(context.Request.Headers["X-User"], CultureInfo.InvariantCulture, out var user) ? new UserKey(7, user) : null));

    [Theory]
    [InlineData("GET", "/chat")]
    [InlineData("POST", "/chat")]
    [InlineData("GET", "/chat/s1/stream")]
    [InlineData("POST", "/chat/s1/cancel")]
    [InlineData("GET", "/chat/a%3Ab/stream")]
    public async Task Nobody_is_let_in_nowhere(string verb, string path)
    {
        await using var app = await ChatApp.StartAsync(ByHeader);
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        using var response = await app.Http.SendAsync(request);

        await Problem.OfAsync(response, HttpStatusCode.Unauthorized);
        Assert.Empty(app.Sessions.Starts);
        Assert.Empty(app.Sessions.Queries);
    }

    [Fact]
    public async Task A_caller_sees_and_touches_their_own_sessions_only()
    {
        await using var app = await ChatApp.StartAsync(ByHeader);
        app.Http.DefaultRequestHeaders.Add("X-User", "5");
        using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(new SessionKey(7, 5, "s1"), Assert.Single(app.Sessions.Starts).Key);

        app.Http.DefaultRequestHeaders.Remove("X-User");
        app.Http.DefaultRequestHeaders.Add("X-User", "6");
        using var followed = await app.FollowAsync("s1");
        Assert.Equal(HttpStatusCode.NoContent, followed.StatusCode);
        using var canceled = await app.Http.PostAsync("/chat/s1/cancel", null);
        Assert.Equal("""{"cancelled":false}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
        Assert.True(await app.Log.IsLiveAsync(new SessionKey(7, 5, "s1")));
    }
}
