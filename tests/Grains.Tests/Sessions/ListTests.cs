using AgentStream.Grains.Sessions;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>Pages of a user's sessions, and the search by words of their titles.</summary>
public sealed class ListTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private readonly UserKey _user = new("1", $"u{Guid.NewGuid():N}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_have_every_session_once_and_the_live_ones_come_with_the_first(bool inRedis)
    {
        await using var silos = await StartAsync(inRedis);
        foreach (var (at, id) in ((string[])["a", "b", "c", "d", "e"]).Index())
        {
            await WriteAsync(silos, id, at, $"prompt {id}");
        }

        // Live ones: one that is on the first page anyway, one that stands further down, and one that has nothing in the journal.
        foreach (var id in (string[])["e", "b", "x"])
        {
            await silos.Services.GetRequiredService<IStreamStore>().StartAsync(new RunToken(_user.Session(id), "another", "run"));
        }

        var first = await silos.Client.ListSessionsAsync(_user, new SessionQuery(2));
        Assert.Equal(["b*", "x*", "e*", "d"], Ids(first));
        var second = await silos.Client.ListSessionsAsync(_user, new SessionQuery(2, first.Next));
        Assert.Equal(["c", "a"], Ids(second));
        Assert.Null(second.Next);
        Assert.Equal(["b*", "x*", "e*", "d", "c", "a"], await silos.Client.EnumerateSessionsAsync(_user, new SessionQuery(1)).Select(Id).ToListAsync());
        Assert.Equal(6, await silos.Client.EnumerateSessionsAsync(_user).CountAsync());
        Assert.Null((await silos.Client.ListSessionsAsync(_user, new SessionQuery(5))).Next);
        Assert.NotNull((await silos.Client.ListSessionsAsync(_user, new SessionQuery(4))).Next);

        // One that becomes live after the first page, without a change, is still on its page; one that was live is not shown again.
        await silos.Services.GetRequiredService<IStreamStore>().StartAsync(new RunToken(_user.Session("c"), "another", "run"));
        await silos.Services.GetRequiredService<IStreamStore>().FinishAsync(new RunToken(_user.Session("b"), "another", "run"), 1, [], TimeSpan.Zero);
        Assert.Equal(["c*", "a"], Ids(await silos.Client.ListSessionsAsync(_user, new SessionQuery(2, first.Next))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_search_finds_the_titles_that_have_all_the_words(bool inRedis)
    {
        await using var silos = await StartAsync(inRedis);
        foreach (var (at, title) in ((string[])["Sums in my head", "Trips to Århus", "heads and tails", "other"]).Index())
        {
            await WriteAsync(silos, $"s{at}", at, title);
        }

        Assert.Equal(["s2", "s0"], await SearchAsync("HEAD"));
        Assert.Equal(["s0"], await SearchAsync("  head\tsums "));
        Assert.Equal(["s1"], await SearchAsync("århus"));
        Assert.Empty(await SearchAsync("head nothing"));
        Assert.Empty(await SearchAsync("No title"));

        await silos.Client.RenameSessionAsync(_user.Session("s3"), "A new head");
        Assert.Equal(["s3", "s2", "s0"], await SearchAsync("head"));
        await silos.Client.RenameSessionAsync(_user.Session("s0"), "Additions");
        Assert.Equal(["s3", "s2"], await SearchAsync("head"));

        // A live session is found by its title like any other.
        await silos.Services.GetRequiredService<IStreamStore>().StartAsync(new RunToken(_user.Session("x"), "another", "run"));
        await silos.Services.GetRequiredService<IStreamStore>().StartAsync(new RunToken(_user.Session("s2"), "another", "run"));
        Assert.Equal(["s3", "s2*"], await SearchAsync("head"));

        async Task<List<string>> SearchAsync(string words)
        {
            var one = await silos.Client.EnumerateSessionsAsync(_user, new SessionQuery(1, Search: words)).Select(Id).ToListAsync();
            Assert.Equal(one, Ids(await silos.Client.ListSessionsAsync(_user, new SessionQuery(Search: words))));
            return one;
        }
    }

    [Fact]
    public async Task A_search_looks_at_all_sessions_of_the_user_and_at_no_others()
    {
        await using var silos = await StartAsync(inRedis: false);
        for (var i = 0; i < 1_201; i++)
        {
            await WriteAsync(silos, $"s{i}", i, i % 600 == 0 ? "needle" : "hay");
        }

        var journal = silos.Services.GetRequiredService<ISessionJournal>();
        await journal.AppendAsync(new RunToken(new SessionKey("1", "other", "s"), "silo", "run"), 0, [Said(0, "needle")]);
        Assert.Equal(["s1200", "s600", "s0"], Ids(await silos.Client.ListSessionsAsync(_user, new SessionQuery(3, Search: "needle"))));
        Assert.Equal(["s1200", "s600", "s0"], await silos.Client.EnumerateSessionsAsync(_user, new SessionQuery(2, Search: "needle")).Select(Id).ToListAsync());
        Assert.Equal(1_201, await silos.Client.EnumerateSessionsAsync(_user, new SessionQuery(250)).CountAsync());
    }

    [Fact]
    public async Task What_breaks_a_rule_is_named()
    {
        await using var silos = await StartAsync(inRedis: false);
        Assert.Equal("count", await FieldAsync(new SessionQuery(0)));
        Assert.Equal("count", await FieldAsync(new SessionQuery(SessionSummary.MaxCount + 1)));
        Assert.Equal("search", await FieldAsync(new SessionQuery(Search: "")));
        Assert.Equal("search", await FieldAsync(new SessionQuery(Search: " \n")));
        Assert.Equal("search", await FieldAsync(new SessionQuery(Search: new string('x', SessionQuery.MaxSearchLength + 1))));
        foreach (var after in (string[])["", "x", "!", new('A', 5_000)])
        {
            Assert.Equal("after", await FieldAsync(new SessionQuery(After: after)));
        }

        foreach (var plain in (string[])["2:5:s:", "1:-5:s:", "1:x:s:", "1:999999999999999:s:", "1:5::", "1:5:a b:", "1:5:s", "1:5:s:abc", "1:5:s::"])
        {
            Assert.Equal("after", await FieldAsync(new SessionQuery(After: Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(plain)).TrimEnd('='))));
        }

        async Task<string> FieldAsync(SessionQuery query) => (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.ListSessionsAsync(_user, query))).Field;
    }

    [Fact]
    public void A_place_is_read_as_it_was_written_with_as_many_live_sessions_as_it_remembers()
    {
        var last = new JournaledSession(_user.Session(new string('a', 128)), DateTimeOffset.FromUnixTimeMilliseconds(1_772_600_767_891), "title");
        var shown = Enumerable.Range(0, 300).Select(i => _user.Session($"live{i}")).ToList();
        var place = SessionPlace.Parse(SessionPlace.Of(last, shown).ToString(), _user);
        Assert.Equal(last with { Title = null }, place.Last);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => i < SessionPlace.MaxShown), shown.Select(place.HasShown));
        Assert.False(place.HasShown(_user.Session("other")));
    }

    private Task<TestSilos> StartAsync(bool inRedis) => TestSilos.StartAsync(inRedis ? redis.Server.Configuration : null, new ScriptedModel());

    /// <summary>A session with one prompt, of a time of its own.</summary>
    private async Task WriteAsync(TestSilos silos, string id, int at, string prompt)
    {
        var run = new RunToken(_user.Session(id), "writer", Guid.NewGuid().ToString());
        var store = silos.Services.GetRequiredService<IStreamStore>();
        await store.StartAsync(run);
        await silos.Services.GetRequiredService<ISessionJournal>().AppendAsync(run, 0, [Said(at, prompt)]);
        await store.FinishAsync(run, 1, [], TimeSpan.Zero);
    }

    private static RequestRecord Said(int at, string prompt)
    {
        var time = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(at);
        return new(0, [new UserPromptPart(prompt) { Timestamp = time }]) { Timestamp = time };
    }

    private static List<string> Ids(SessionPage page) => [.. page.Sessions.Select(Id)];

    private static string Id(SessionSummary session) => $"{session.Key.Session}{(session.IsLive ? "*" : "")}";
}
