using System.Net;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Titles over HTTP, and by the client over HTTP.</summary>
public sealed class RenameTests
{
    [Fact]
    public async Task A_session_is_renamed_also_while_its_run_is_under_way()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var client = NewClient(app);
        var key = new SessionKey(1, 1, "s1");
        var asked = client.AskAsync(key, "greet");
        await model.Waits.Task.Within();

        using (var renamed = await PatchAsync(http, "s1", """{"title":"  Words <b> "}"""))
        {
            Assert.Equal((HttpStatusCode.OK, """{"session_id":"s1","title":"Words <b>"}"""), (renamed.StatusCode, await renamed.Content.ReadAsStringAsync()));
        }

        model.Continue.SetResult();
        await asked.Within();
        Assert.Equal("Words <b>", (await client.GetSessionAsync(key))!.Title);
        Assert.True(await client.RenameSessionAsync(key, "Other"));
        Assert.Equal("Other", Assert.Single(await client.ListSessionsAsync(key.UserKey)).Title);
    }

    [Fact]
    public async Task A_session_that_does_not_exist_is_404()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var response = await PatchAsync(http, "none", """{"title":"Words"}""");
        await Problem.OfAsync(response, HttpStatusCode.NotFound);
        using var client = NewClient(app);
        Assert.False(await client.RenameSessionAsync(new SessionKey(1, 1, "none"), "Words"));
    }

    [Theory]
    [InlineData("""{}""", "title")]
    [InlineData("""{"title":null}""", "title")]
    [InlineData("""{"title":""}""", "title")]
    [InlineData("""{"title":" \t"}""", "title")]
    [InlineData("""{"title":"a\nb"}""", "title")]
    [InlineData("""{"title":5}""", "title")]
    [InlineData("""{"title":"\ud83d"}""", "title")]
    [InlineData("""{"title":"a","name":"b"}""", "name")]
    [InlineData("""["title"]""", "body")]
    public async Task What_is_no_title_is_refused_with_the_rule(string body, string field)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await PatchAsync(app.Http, "s1", body);
        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal([field], problem.Errors.Keys);

        using var tooLong = await PatchAsync(app.Http, "s1", $$"""{"title":"{{new string('x', 5_000)}}"}""");
        Assert.Equal(["title"], (await Problem.OfAsync(tooLong, HttpStatusCode.BadRequest)).Errors.Keys);
    }

    private static AgentStreamHttpClient NewClient(WebApplication app) => new(new Uri($"{app.Urls.First()}/chat"));

    private static async Task<HttpResponseMessage> PatchAsync(HttpClient http, string session, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await http.PatchAsync($"/chat/{session}", content);
    }
}
