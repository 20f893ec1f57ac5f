using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A user gives a session a title, whatever the session is doing.</summary>
public sealed class RenameTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private readonly SessionKey _key = new("1", $"u{Guid.NewGuid():N}", SessionKey.NewSessionId());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_title_that_was_given_is_shown_and_listed_and_the_next_run_knows_nothing_of_it(bool inRedis)
    {
        var model = new ScriptedModel([Step.Say("one")], [Step.Say("two")]);
        await using var silos = await TestSilos.StartAsync(inRedis ? redis.Server.Configuration : null, model);
        await silos.RunAsync(_key, "first");
        var changed = (await ListedAsync(silos)).Changed;

        Assert.True(await silos.Client.RenameSessionAsync(_key, "  Sums \t"));
        Assert.Equal("Sums", (await silos.Client.GetSessionAsync(_key))!.Title);
        Assert.Equal(("Sums", changed, false), (await ListedAsync(silos)) is var listed ? (listed.Title, listed.Changed, listed.IsLive) : default);

        await silos.RunAsync(_key, "second");
        Assert.Equal(("Sums", "Sums"), ((await ListedAsync(silos)).Title, (await silos.Client.GetSessionAsync(_key))!.Title));
        Assert.Equal(["first", "one", "second"], model.Requests.Last().Messages.Select(message => message.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_renamed_while_its_run_is_under_way_and_the_run_ends_as_it_would_have(bool inRedis)
    {
        var gate = new Gate();
        var model = new ScriptedModel([Step.Say("a"), new Step.Pause(gate), Step.Call("c1", "count")], [Step.Say("done")], [Step.Say("more")]);
        await using var silos = await TestSilos.StartAsync(inRedis ? redis.Server.Configuration : null, model, _ => { }, agent => agent.WithTool(() => 1, "count"));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();

        for (var i = 0; i < 3; i++)
        {
            Assert.True(await silos.Client.RenameSessionAsync(_key, $"Title {i}"));
            Assert.Equal(($"Title {i}", true), (await silos.Client.GetSessionAsync(_key)) is { } live ? (live.Title, live.IsLive) : default);
            Assert.Equal(($"Title {i}", true), (await ListedAsync(silos)) is var listed ? (listed.Title, listed.IsLive) : default);
        }

        gate.Open();
        var transcript = await silos.TranscriptAsync(_key);
        Assert.Contains("done", transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("error", transcript, StringComparison.Ordinal);
        await silos.RunAsync(_key, "and?");
        Assert.Equal("Title 2", (await silos.Client.GetSessionAsync(_key))!.Title);
        Assert.Equal(6, ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Count);
    }

    [Fact]
    public async Task A_session_that_nobody_wrote_to_has_no_title_and_gets_no_stream()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel());
        Assert.False(await silos.Client.RenameSessionAsync(_key, "Sums"));
        Assert.Null(await silos.Services.GetRequiredService<IStreamStore>().FindRunAsync(_key));
        Assert.Empty(await silos.Client.ListSessionsAsync(_key.UserKey));
    }

    [Fact]
    public async Task A_run_that_is_not_the_grains_is_in_the_way_and_says_so()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("one")]));
        await silos.RunAsync(_key);
        await silos.Services.GetRequiredService<IStreamStore>().StartAsync(new RunToken(_key, "another", "run"));
        var error = await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.RenameSessionAsync(_key, "Sums"));
        Assert.StartsWith($"Session {_key} is busy: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("go", (await silos.Client.GetSessionAsync(_key))!.Title);
    }

    [Fact]
    public async Task An_import_keeps_the_title_and_a_delete_does_not()
    {
        var journal = new InMemoryJournal();
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("one")], [Step.Say("two")]), _ => { }, _ => { }, services => services.AddSingleton<ISessionJournal>(journal));
        await silos.RunAsync(_key, "first");
        await silos.Client.RenameSessionAsync(_key, "Sums");
        for (var i = 0; i < 2; i++)
        {
            await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
            Assert.Equal(("Sums", "Sums"), ((await ListedAsync(silos)).Title, (await silos.Client.GetSessionAsync(_key))!.Title));
            Assert.Equal("Sums", (await journal.ReadAsync(_key, 0)).OfType<RenamedRecord>().Single().Title);
        }

        await silos.Client.DeleteSessionAsync(_key);
        await silos.RunAsync(_key, "anew");
        Assert.Equal(("anew", "anew"), ((await ListedAsync(silos)).Title, (await silos.Client.GetSessionAsync(_key))!.Title));
    }

    [Fact]
    public async Task Titles_count_for_the_limits_of_journals()
    {
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("one")]), options => options.Limits.SessionJournalBytes = 4_000, _ => { });
        await silos.RunAsync(_key);
        var error = await Assert.ThrowsAsync<LimitExceededException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await silos.Client.RenameSessionAsync(_key, new string('x', 200));
            }
        });
        Assert.Equal((LimitNames.JournalBytes, LimitTarget.Session), (error.Limit, error.Target));
        Assert.Equal(new string('x', 200), (await ListedAsync(silos)).Title);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("a\nb")]
    [InlineData("a\u001bb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    public async Task A_title_that_breaks_the_rule_is_refused(string title)
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel());
        foreach (var wrong in (string[])[title, new('x', 201), $"{title}a\ud83d", $"\ude42{title}"])
        {
            Assert.Equal("title", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.RenameSessionAsync(_key, wrong))).Field);
        }

        Assert.Null(SessionTitleRules.Title($" {new string('x', 200)} "));
        Assert.Null(SessionTitleRules.Title("\ud83d\ude42"));
    }

    private async Task<SessionSummary> ListedAsync(TestSilos silos) => Assert.Single(await silos.Client.ListSessionsAsync(_key.UserKey));
}
