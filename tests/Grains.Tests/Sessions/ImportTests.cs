using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>An import is a new beginning: what stood before it is gone from the journal, and nothing of it runs again.</summary>
public sealed class ImportTests
{
    private static readonly RunRequest Keyed = new("go", IdempotencyKey: "k");

    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly InMemoryJournal _journal = new();

    [Fact]
    public async Task The_journal_has_nothing_of_what_was_before()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("one")], [Step.Say("two")]));
        await silos.RunAsync(_key);
        var before = (await _journal.ReadAsync(_key, 0)).Count;
        for (var i = 1; i <= 3; i++)
        {
            await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
            Assert.Equal([typeof(ImportedRecord), typeof(CarriedOverRecord)], (await _journal.ReadAsync(_key, 0)).Select(record => record.GetType()));
        }

        Assert.Equal(before + 4, ((ImportedRecord)(await _journal.ReadAsync(_key, 0))[0]).Replaced);
        await silos.RunAsync(_key);
        Assert.Equal(2, ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_from_before_it_that_is_sent_again_is_no_second_run(bool byNextProcess)
    {
        var model = new ScriptedModel([Step.Say("once")]);
        var first = await StartAsync(model);
        var run = await first.Client.StartAsync(_key, Keyed);
        await first.TranscriptAsync(_key);
        for (var i = 0; i < 2; i++)
        {
            await first.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
        }

        if (byNextProcess)
        {
            await first.DisposeAsync();
        }

        await using var silos = byNextProcess ? await StartAsync(model) : first;
        Assert.Equal(run.RunId, (await silos.Client.StartAsync(_key, Keyed)).RunId);
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.StartAsync(_key, Keyed with { Prompt = "other" }));
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task A_prompt_that_was_taken_from_the_queue_before_it_and_is_found_there_still_does_not_run_again()
    {
        // Its process died before it could take it out.
        var model = new ScriptedModel([Step.Say("next")]);
        await using var silos = await StartAsync(model);
        await _journal.AppendAsync(
            new RunToken(_key, "gone", "taken"),
            0,
            [new RunStartedRecord("taken", "scripted", HasWaited: true) { Timestamp = default }, new RunEndedRecord("taken", null) { Timestamp = default }]);
        var queue = silos.Services.GetRequiredService<IPromptQueue>();
        await queue.AddAsync(_key, new QueuedPrompt("taken", "scripted", "again", default));
        await queue.AddAsync(_key, new QueuedPrompt("next", "scripted", "next", default));

        await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());

        await Wait.Until(async () => await queue.CountAsync(_key) == 0, "the queue to be empty");
        await Wait.Until(() => model.Requests.Count > 0, "the next prompt to be run");
        Assert.Equal("next", Assert.Single(model.Requests).Messages[^1].Text);
    }

    [Fact]
    public async Task A_state_that_knows_an_older_version_comes_to_what_one_that_reads_anew_has()
    {
        var run = new RunToken(_key, "silo", "run");
        RunStartedRecord started = new("run", "a") { Timestamp = default, IdempotencyKey = "k", RequestHash = "h" };
        await _journal.AppendAsync(run, 0, [started, new RunEndedRecord("run", null) { Timestamp = default }]);
        var (known, behind) = (new SessionState(), new SessionState());
        await known.ReadAsync(_journal, _key);
        behind.Apply(started);
        await _journal.AppendAsync(run, 2, [Imported(known), new CarriedOverRecord(known.CarryOver([])) { Timestamp = default }]);
        await _journal.AppendAsync(run, 4, [new RunStartedRecord("next", "a") { Timestamp = default }]);

        foreach (var state in (SessionState[])[known, behind, new()])
        {
            Assert.Equal(5, await state.ReadAsync(_journal, _key));
            Assert.Equal("run", state.Keyed.Find(new("k", "h")));
            Assert.Equal("next", state.Unfinished?.RunId);
        }

        // A session that was deleted and begun anew has nothing of the old one.
        await _journal.DeleteAsync(run);
        await _journal.AppendAsync(run, 0, [started with { IdempotencyKey = "other" }, started with { IdempotencyKey = null }]);
        await _journal.AppendAsync(run, 2, [Imported(new()) with { Replaced = 2 }]);
        Assert.Equal(3, await known.ReadAsync(_journal, _key));
        Assert.Null(known.Keyed.Find(new("k", "h")));
    }

    private static ImportedRecord Imported(SessionState state) => new([]) { Timestamp = default, Replaced = state.Version };

    private Task<TestSilos> StartAsync(IChatClient model) =>
        TestSilos.StartAsync(null, model, _ => { }, _ => { }, services => services.AddSingleton<ISessionJournal>(_journal));
}
