using System.Net;

namespace AgentStream.AspNetCore.Tests;

public sealed class CancelAndListTests
{
    [Fact]
    public async Task A_run_is_canceled_once()
    {
        await using var app = await ChatApp.StartAsync();
        await app.Sessions.StartAsync(ChatApp.Key("s1"), new RunRequest("hello"));

        Assert.Equal("""{"cancelled":true}""", await CancelAsync(app, "s1"));
        Assert.False(await app.Log.IsLiveAsync(ChatApp.Key("s1")));
        Assert.Equal("""{"cancelled":false}""", await CancelAsync(app, "s1"));
        Assert.Equal("""{"cancelled":false}""", await CancelAsync(app, "s2"));
    }

    [Fact]
    public async Task The_callers_live_sessions_are_listed()
    {
        await using var app = await ChatApp.StartAsync();
        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));

        await app.Sessions.StartAsync(ChatApp.Key("a"), new RunRequest("hello"));
        await app.Sessions.StartAsync(ChatApp.Key("b"), new RunRequest("hello"));
        await app.Sessions.StartAsync(new SessionKey(1, 2, "c"), new RunRequest("hello"));
        using var response = await app.Http.GetAsync("/chat");

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            """[{"scope_id":1,"user_id":1,"session_id":"a"},{"scope_id":1,"user_id":1,"session_id":"b"}]""",
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("?include_foreign=", false)]
    [InlineData("?include_foreign=false", false)]
    [InlineData("?include_foreign=true", true)]
    [InlineData("?include_foreign=True", true)]
    public async Task Foreign_sessions_are_looked_for_only_when_asked(string query, bool expected)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.Http.GetAsync($"/chat{query}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("1:1", expected), Assert.Single(app.Sessions.Queries));
    }

    private static async Task<string> CancelAsync(ChatApp app, string session)
    {
        using var response = await app.Http.PostAsync($"/chat/{session}/cancel", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
