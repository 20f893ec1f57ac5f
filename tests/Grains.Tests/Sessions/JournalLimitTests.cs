using System.Text;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A journal that has as much as it may takes no more prompts, and its session stays of use.</summary>
public sealed class JournalLimitTests
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly InMemoryJournal _journal = new();

    [Fact]
    public async Task A_prompt_and_an_import_that_are_too_much_are_refused_and_the_session_is_free()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say(new string('x', 20_000))], [Step.Say("short")]), limits => limits.SessionJournalBytes = 10_000);

        // What a run says is kept, however long it is.
        await silos.RunAsync(_key);
        var before = await _journal.ReadAsync(_key, 0);
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(_key, new RunRequest("more")));
            Assert.Equal((LimitNames.JournalBytes, LimitTarget.Session, 10_000L), (error.Limit, error.Target, error.Allowed));
        }

        Assert.Contains("\"reason\":\"limit\"", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
        await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.ImportMessagesAsync(_key, History(30_000)));
        Assert.Equal(before, await _journal.ReadAsync(_key, 0));

        await silos.Client.ImportMessagesAsync(_key, History(10));
        await silos.RunAsync(_key);
    }

    [Fact]
    public async Task A_session_more_than_a_user_may_have_is_refused()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("one")], [Step.Say("two")]), limits => limits.PerUser.Sessions = 1);
        await silos.RunAsync(_key);
        var other = new SessionKey(_key.Scope, _key.User, "other");
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.StartAsync(other, new RunRequest("more")));
        Assert.Equal((LimitNames.Sessions, LimitTarget.User), (error.Limit, error.Target));

        await silos.Client.DeleteSessionAsync(_key);
        await silos.RunAsync(other);
    }

    [Fact]
    public async Task A_prompt_that_waited_and_is_too_much_ends_once_and_the_next_has_its_turn()
    {
        var gate = new Gate();
        await using var silos = await StartAsync(
            new ScriptedModel([new Step.Pause(gate), Step.Say(new string('x', 8_000))], [Step.Say("two")]), limits => limits.SessionJournalBytes = 10_000);
        await silos.Client.StartAsync(_key, new RunRequest("1"));
        await gate.ReachedAsync();
        var large = await silos.Client.StartAsync(_key, new RunRequest(new string('p', 5_000), OnBusy: BusySessionBehavior.Queue));
        var small = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        var listening = silos.Client.FollowAsync(_key, large).ToListAsync();
        gate.Open();

        Assert.Contains(await listening, entry => entry.Type == Protocol.Error && Encoding.UTF8.GetString(entry.Body.Span).Contains("\"reason\":\"limit\"", StringComparison.Ordinal));
        await Wait.Until(
            async () => await silos.Services.GetRequiredService<IStreamStore>().FindRunAsync(_key) is { HasEnded: true } run && run.Run.RunId == small.RunId, "the small prompt to be run");
        Assert.Equal(0, await silos.Services.GetRequiredService<IPromptQueue>().CountAsync(_key));
        Assert.DoesNotContain(await _journal.ReadAsync(_key, 0), record => record is RunStartedRecord started && started.RunId == large.RunId);
    }

    private static byte[] History(int length) =>
        Encoding.UTF8.GetBytes($$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"{{new string('x', length)}}","timestamp":"2026-01-01T00:00:00Z"}]},{"kind":"response","parts":[]}]""");

    private Task<TestSilos> StartAsync(ScriptedModel model, Action<LimitOptions> limits) => TestSilos.StartAsync(
        null, model, options => limits(options.Limits), _ => { }, services => services.AddSingleton<ISessionJournal>(_journal));
}
