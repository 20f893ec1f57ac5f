using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

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

    [Fact]
    public async Task A_user_gets_one_list_with_foreign_sessions_at_a_time_and_other_lists_meanwhile()
    {
        await using var app = await ChatApp.StartAsync();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        app.Sessions.BeforeForeign = () =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var first = app.Http.GetStringAsync("/chat?include_foreign=true");
        await asked.Task.Within();
        var second = app.Http.GetStringAsync("/chat?include_foreign=true");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("[]", await app.Http.GetStringAsync("/chat").Within());
        }

        Assert.Single(app.Sessions.Queries, query => query.IncludeForeign);
        answer.SetResult();
        Assert.Equal(["[]", "[]"], await Task.WhenAll(first, second).Within());
    }

    [Fact]
    public async Task All_of_the_callers_sessions_are_listed_when_asked_for()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        Assert.Equal("[]", await http.GetStringAsync("/chat?all=true"));

        model.Continue.SetResult();
        using var body = new StringContent("""{"prompt":"greet","session_id":"s1"}""", Encoding.UTF8, "application/json");
        using (var started = await http.PostAsync("/chat", body))
        {
            Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        }

        using var all = JsonDocument.Parse(await http.GetStringAsync("/chat?all=true&count=1"));
        var session = Assert.Single(all.RootElement.EnumerateArray());
        Assert.InRange(session.GetProperty("changed").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.Equal(
            """{"scope_id":1,"user_id":1,"session_id":"s1","title":"greet","live":false}""",
            JsonSerializer.Serialize(session.EnumerateObject().Where(field => field.Name != "changed").ToDictionary(field => field.Name, field => field.Value)));
    }

    [Fact]
    public async Task Pages_and_searches_have_the_next_pages_address_which_the_client_follows()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var client = new AgentStreamHttpClient(new Uri($"{app.Urls.First()}/chat"));
        model.Continue.SetResult();
        foreach (var id in (string[])["a", "b", "c"])
        {
            await client.AskAsync(new SessionKey(1, 1, id), $"greet & <{id}>");
        }

        var seen = new List<string>();
        for (var next = "/chat?all=true&count=1&search=%26+greet"; next is not null;)
        {
            using var page = await http.GetAsync(next);
            using var all = JsonDocument.Parse(await page.Content.ReadAsStreamAsync());
            seen.Add(all.RootElement.EnumerateArray().Single().GetProperty("session_id").GetString()!);
            var link = page.Headers.TryGetValues("Link", out var links) ? links.Single() : null;
            Assert.Equal(seen.Count < 3, link is not null);
            Assert.True(link is null || (link.StartsWith("<?all=true&count=1&search=%26%20greet&after=", StringComparison.Ordinal) && link.EndsWith(">; rel=\"next\"", StringComparison.Ordinal)), link);

            // As a browser would: relative to the address of this page.
            next = link is null ? null : new Uri(page.RequestMessage!.RequestUri!, link[1..link.IndexOf('>', StringComparison.Ordinal)]).PathAndQuery;
        }

        Assert.Equal(["c", "b", "a"], seen);
        Assert.Equal(seen, await client.EnumerateSessionsAsync(new UserKey(1, 1), new SessionQuery(2)).Select(session => session.Key.Session).ToListAsync());
        Assert.Equal(["b"], await client.EnumerateSessionsAsync(new UserKey(1, 1), new SessionQuery(Search: "<B>")).Select(session => session.Key.Session).ToListAsync());
        foreach (var (query, field) in ((string, string)[])[("search=%20", "search"), ($"search={new string('x', 201)}", "search"), ("after=x", "after")])
        {
            using var refused = await http.GetAsync($"/chat?all=true&{query}");
            Assert.Equal([field], (await Problem.OfAsync(refused, HttpStatusCode.BadRequest)).Errors.Keys);
        }

        Assert.Equal("after", (await Assert.ThrowsAsync<InvalidInputException>(() => client.ListSessionsAsync(new UserKey(1, 1), new SessionQuery(After: "x")))).Field);
    }

    [Fact]
    public async Task A_journal_that_cannot_list_is_told_as_such()
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.Http.GetAsync("/chat?all=true");
        Assert.StartsWith("The server's journal cannot", (await Problem.OfAsync(response, HttpStatusCode.NotImplemented)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?all=maybe", "all")]
    [InlineData("?all=true&count=0", "count")]
    [InlineData("?all=true&count=1001", "count")]
    [InlineData("?all=true&count=x", "count")]
    [InlineData("?all=true&include_foreign=true", "include_foreign")]
    [InlineData("?search=words", "search")]
    [InlineData("?all=false&after=x", "after")]
    public async Task What_cannot_be_listed_is_refused(string query, string field)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.Http.GetAsync($"/chat{query}");
        var problem = await Problem.OfAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal([field], problem.Errors.Keys);
    }

    private static async Task<string> CancelAsync(ChatApp app, string session)
    {
        using var response = await app.Http.PostAsync($"/chat/{session}/cancel", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
