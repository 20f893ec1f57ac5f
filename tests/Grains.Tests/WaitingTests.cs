using AgentStream.Grains.Output;
using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>What becomes of prompts whose session is busy.</summary>
public sealed class WaitingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-waiting-");
    private readonly SessionKey _key = TestSilos.NewSession();

    private string File => Path.Combine(_folder.FullName, "sessions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Prompts_wait_for_their_turn_and_run_in_their_order(bool withRedis)
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")], [Step.Say("three")]);
        await using var silos = await TestSilos.StartAsync(withRedis ? (await RedisServer.SharedAsync()).Configuration : null, model);
        var first = await silos.Client.StartAsync(_key, new RunRequest("1", OnBusy: BusySessionBehavior.Queue));
        Assert.Equal(0, first.QueuePosition);
        var second = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        var third = await silos.Client.StartAsync(_key, new RunRequest("3", OnBusy: BusySessionBehavior.Queue));
        Assert.Equal((1, 2), (second.QueuePosition, third.QueuePosition));
        Assert.Equal(2, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(_key, new RunRequest("no")));

        gate.Open();
        await EndedAsync(silos, third.RunId);
        Assert.Equal(0, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
        Assert.Equal(["1", "one", "2", "two", "3", "three"], await TextsAsync(silos));
        Assert.Empty(await silos.Services.GetRequiredService<IPromptQueue>().ListSessionsAsync(10));
    }

    [Fact]
    public async Task A_prompt_that_replaces_cancels_the_run_in_its_way()
    {
        var gate = new Gate();
        var model = new ScriptedModel([Step.Say("so"), new Step.Pause(gate)], [Step.Say("new")]);
        await using var silos = await TestSilos.StartAsync((await RedisServer.SharedAsync()).Configuration, model);
        await silos.Client.StartAsync(_key, new RunRequest("old"));
        await gate.ReachedAsync();
        var started = await silos.Client.StartAsync(_key, new RunRequest("new", OnBusy: BusySessionBehavior.Replace));
        Assert.Equal(0, started.QueuePosition);
        Assert.StartsWith($"begin {{\"session_id\":\"{_key.Session}\"}}\nevent {{\"idx\":0,\"event\":\"llm-begin\"}}\n", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
        Assert.Equal(["old", "so", "new", "new"], await TextsAsync(silos));
        Assert.Contains(await RecordsAsync(silos), record => record is RunEndedRecord { Error: "canceled" });
    }

    [Fact]
    public async Task A_free_session_takes_a_prompt_at_once_whatever_it_would_have_done()
    {
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("one")], [Step.Say("two")]));
        foreach (var onBusy in new[] { BusySessionBehavior.Queue, BusySessionBehavior.Replace })
        {
            Assert.Equal(0, (await silos.Client.StartAsync(_key, new RunRequest("go", OnBusy: onBusy))).QueuePosition);
            await silos.TranscriptAsync(_key);
        }
    }

    [Fact]
    public async Task Too_many_waiting_prompts_are_refused_and_a_wrong_one_does_not_wait()
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([new Step.Pause(gate)]));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        for (var i = 1; i <= IPromptQueue.MaxQueued; i++)
        {
            Assert.Equal(i, (await silos.Client.StartAsync(_key, new RunRequest("go", OnBusy: BusySessionBehavior.Queue))).QueuePosition);
        }

        var full = await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(_key, new RunRequest("go", OnBusy: BusySessionBehavior.Queue)));
        Assert.Contains("100 prompts wait for it already", full.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_key, new RunRequest(" ", OnBusy: BusySessionBehavior.Queue)));
        await Assert.ThrowsAsync<UnknownAgentException>(() => silos.Client.StartAsync(_key, new RunRequest("go", "nobody", BusySessionBehavior.Queue)));
        Assert.Equal(IPromptQueue.MaxQueued, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
    }

    [Fact]
    public async Task A_waiting_prompt_is_run_by_the_next_process_that_has_itsFile()
    {
        var gate = new Gate();
        StartedRun waiting;
        await using (var silos = await StartAsync(new ScriptedModel([new Step.Pause(gate)])))
        {
            await silos.Client.StartAsync(_key, new RunRequest("1"));
            await gate.ReachedAsync();
            waiting = await silos.Client.StartAsync(_key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        }

        await using (var silos = await StartAsync(new ScriptedModel([Step.Say("one")], [Step.Say("two")])))
        {
            await EndedAsync(silos, waiting.RunId);
            Assert.Equal(["1", "one", "2", "two"], await TextsAsync(silos));
            Assert.Empty(await silos.Services.GetRequiredService<IPromptQueue>().ListSessionsAsync(10));
        }

        Task<TestSilos> StartAsync(ScriptedModel model) =>
            TestSilos.StartAsync(
                null, model, options => options.DrainTimeout = TimeSpan.Zero, _ => { }, storage: storage => (storage.Journal, storage.JournalPath) = ("sqlite", File));
    }

    [Fact]
    public async Task A_prompt_that_the_journal_has_already_is_taken_out_and_not_run_again()
    {
        await using var silos = await TestSilos.StartAsync((await RedisServer.SharedAsync()).Configuration, new ScriptedModel([Step.Say("direct")]));
        var (log, queue) = (silos.Services.GetRequiredService<IStreamStore>(), silos.Services.GetRequiredService<IPromptQueue>());
        var waiting = new QueuedPrompt("run", "scripted", "2", DateTimeOffset.UnixEpoch);
        var token = new RunToken(_key, "dead", waiting.RunId);
        await log.StartAsync(token);
        await silos.Services.GetRequiredService<ISessionJournal>().AppendAsync(
            token, 0, [new RunStartedRecord(waiting.RunId, "scripted", HasWaited: true) { Timestamp = default }, new RunEndedRecord(waiting.RunId, null) { Timestamp = default }]);
        await log.FinishAsync(token, 1, [], TimeSpan.Zero);
        Assert.Equal(1, await queue.AddAsync(_key, waiting));

        await Wait.Until(async () => (await queue.ListSessionsAsync(10)).Count == 0, "the prompt is out");
        Assert.Single(await RecordsAsync(silos), record => record is RunStartedRecord);
    }

    [Fact]
    public async Task A_prompt_whose_process_died_before_the_journal_had_it_is_run_by_who_takes_the_session_over()
    {
        await using var silos = await TestSilos.StartAsync((await RedisServer.SharedAsync()).Configuration, new ScriptedModel([Step.Say("two")]));
        var (log, queue) = (silos.Services.GetRequiredService<IStreamStore>(), silos.Services.GetRequiredService<IPromptQueue>());
        await log.StartAsync(new RunToken(_key, "dead", "run"));
        Assert.Equal(1, await queue.AddAsync(_key, new QueuedPrompt("run", "scripted", "2", DateTimeOffset.UnixEpoch)));
        await log.RenewLeaseAsync("dead", TimeSpan.Zero);

        await EndedAsync(silos, "run");
        Assert.Equal(["2", "two"], await TextsAsync(silos));
        Assert.Empty(await queue.ListSessionsAsync(10));
    }

    [Fact]
    public async Task Who_deletes_a_session_drops_what_waits_for_it()
    {
        await using var silos = await TestSilos.StartAsync((await RedisServer.SharedAsync()).Configuration, new ScriptedModel());
        var queue = silos.Services.GetRequiredService<IPromptQueue>();
        var token = new RunToken(_key, "silo", "run");
        var log = silos.Services.GetRequiredService<IStreamStore>();
        await log.StartAsync(token);
        await queue.AddAsync(_key, new QueuedPrompt("a", "scripted", "1", DateTimeOffset.UnixEpoch));
        await queue.ClearAsync(token with { RunId = "another" });
        Assert.Single(await queue.ListAsync(_key));
        await queue.ClearAsync(token);
        Assert.Empty(await queue.ListAsync(_key));
        await log.FinishAsync(token, 1, [], TimeSpan.Zero);
    }

    [Fact]
    public async Task A_start_that_was_carried_out_after_it_was_given_up_is_found_and_brought_to_its_end()
    {
        using var log = new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System);
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel(), _ => { }, _ => { }, services => services.AddSingleton<IStreamStore>(log).AddRunClock(new ManualTimeProvider()));
        var environment = silos.Services.GetRequiredService<RunEnvironment>();
        var late = new RunToken(_key, environment.Silo.Id, "late");
        await log.StartAsync(late);
        var looks = new UnstartedRuns(environment);
        await looks.LookAsync(CancellationToken.None);
        Assert.Equal([RunStatus.Live], await log.CheckAsync([late]));
        await looks.LookAsync(CancellationToken.None);
        Assert.Equal([RunStatus.Lost], await log.CheckAsync([late]));
        Assert.Equal(SiloIdentity.Nobody, (await log.FindRunAsync(_key))!.Run.SiloId);
    }

    [Fact]
    public async Task A_session_that_another_process_deleted_is_read_anew()
    {
        var journal = new InMemoryJournal();
        var history = new SessionState();
        var token = new RunToken(_key, "silo", "run");
        await journal.AppendAsync(token, 0, Run("old"));
        await history.ReadAsync(journal, _key);
        Assert.Equal(("old", 2L), (history.Title, history.Version));
        await journal.DeleteAsync(token);
        await journal.AppendAsync(token, 0, Run("new"));
        await history.ReadAsync(journal, _key);
        Assert.Equal(("new", 2L), (history.Title, history.Version));
        await journal.DeleteAsync(token);
        await history.ReadAsync(journal, _key);
        Assert.Equal(("No title", 0L), (history.Title, history.Version));

        static JournalRecord[] Run(string prompt) =>
        [
            new RunStartedRecord("run", "a") { Timestamp = default },
            new RequestRecord(0, [new UserPromptPart(prompt) { Timestamp = default }]) { Timestamp = default },
        ];
    }

    private async Task<IEnumerable<JournalRecord>> RecordsAsync(TestSilos silos) => await silos.Services.GetRequiredService<ISessionJournal>().ReadAsync(_key, 0);

    private Task EndedAsync(TestSilos silos, string runId) => Wait.Until(
        async () => await silos.Services.GetRequiredService<IStreamStore>().FindRunAsync(_key) is { HasEnded: true } run && run.Run.RunId == runId, "the run has ended");

    private async Task<IEnumerable<string>> TextsAsync(TestSilos silos) =>
        ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Select(message => message switch
        {
            ModelRequest request => ModelMessages.GetUserPrompt([request]),
            ModelResponse response => string.Concat(response.Parts.OfType<TextPart>().Select(part => part.Content)),
            _ => "",
        });
}
