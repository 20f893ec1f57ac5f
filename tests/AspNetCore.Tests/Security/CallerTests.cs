using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.Security;

public sealed class CallerTests
{
    private static readonly Action<WebApplicationBuilder> ByHeader = builder =>
        builder.Services.Configure<AgentStreamHttpOptions>(options => options.GetUser = context => ValueTask.FromResult<UserKey?>(
            context.Request.Headers["X-User"].ToString() is { Length: > 0 } user ? new UserKey("acme", user) : null));

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

    [Theory]
    [InlineData("5", "6")]
    [InlineData("0e6a4bd5-3f0b-4c0e-9b5a-0d7c2a1f9e11", "0e6a4bd5-3f0b-4c0e-9b5a-0d7c2a1f9e12")]
    [InlineData("anna@example.com", "Anna@example.com")]
    public async Task A_caller_sees_and_touches_their_own_sessions_only(string anna, string ben)
    {
        await using var app = await ChatApp.StartAsync(ByHeader);
        app.Http.DefaultRequestHeaders.Add("X-User", anna);
        using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(new SessionKey("acme", anna, "s1"), Assert.Single(app.Sessions.Starts).Key);

        app.Http.DefaultRequestHeaders.Remove("X-User");
        app.Http.DefaultRequestHeaders.Add("X-User", ben);
        using var followed = await app.FollowAsync("s1");
        Assert.Equal(HttpStatusCode.NoContent, followed.StatusCode);
        using var canceled = await app.Http.PostAsync("/chat/s1/cancel", null);
        Assert.Equal("""{"cancelled":false}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
        Assert.True(await app.Log.IsLiveAsync(new SessionKey("acme", anna, "s1")));
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("0", "0")]
    [InlineData("007", "\"007\"")]
    [InlineData("anna", "\"anna\"")]
    [InlineData("9223372036854775808", "\"9223372036854775808\"")]
    public async Task An_id_is_shown_as_a_number_when_it_is_written_as_one(string user, string shown)
    {
        await using var app = await ChatApp.StartAsync(ByHeader);
        app.Http.DefaultRequestHeaders.Add("X-User", user);
        using var started = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");

        Assert.Equal($$"""[{"scope_id":"acme","user_id":{{shown}},"session_id":"s1"}]""", await app.Http.GetStringAsync("/chat"));
    }
}
