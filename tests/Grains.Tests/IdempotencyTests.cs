using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>A prompt that is sent again with its key is no second run.</summary>
public sealed class IdempotencyTests : IDisposable
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly InMemoryJournal _journal = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task The_same_request_gets_the_run_that_there_is_live_or_ended()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Say("once")]);
        await using var silos = await StartAsync(model);
        var first = await silos.Client.StartAsync(_key, Ask());
        await gate.ReachedAsync();

        Assert.Equal(first, await silos.Client.StartAsync(_key, Ask()));
        Assert.Equal(first, await silos.Client.StartAsync(_key, Ask() with { OnBusy = BusySessionBehavior.Replace }));
        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.StartAsync(_key, Ask("other")));
        var again = silos.Client.StartAndListenAsync(_key, Ask()).ToListAsync();
        gate.Open();

        Assert.Equal(first.Begin, (await again)[0].Cursor);
        await silos.TranscriptAsync(_key);
        Assert.Equal(first, await silos.Client.StartAsync(_key, Ask()));
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task Requests_that_are_sent_at_once_are_one_run()
    {
        var model = new ScriptedModel([Step.Say("once")]);
        await using var silos = await StartAsync(model);

        var runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => silos.Client.StartAsync(_key, Ask())));
        await silos.TranscriptAsync(_key);

        Assert.Single(runs.Distinct());
        Assert.Single(model.Requests);
    }

    [Theory]
    [InlineData("go", null, true)]
    [InlineData("go ", null, false)]
    [InlineData("go", "scripted", false)]
    public async Task Another_request_with_the_key_is_refused(string prompt, string? agent, bool isSame)
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("once")]));
        var first = await silos.Client.StartAsync(_key, Ask());
        await silos.TranscriptAsync(_key);

        var again = () => silos.Client.StartAsync(_key, new RunRequest(prompt, agent, IdempotencyKey: "k"));

        if (isSame)
        {
            Assert.Equal(first, await again());
        }
        else
        {
            Assert.Equal("k", (await Assert.ThrowsAsync<IdempotencyConflictException>(again)).Key);
        }
    }

    [Fact]
    public async Task A_prompt_that_waits_keeps_its_place_and_is_run_once()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate)], [Step.Say("second")]);
        await using var silos = await StartAsync(model);
        await silos.Client.StartAsync(_key, new RunRequest("first"));
        await gate.ReachedAsync();
        var request = Ask() with { OnBusy = BusySessionBehavior.Queue };
        var waiting = await silos.Client.StartAsync(_key, request);
        Assert.Equal(1, waiting.QueuePosition);

        Assert.Equal(waiting, await silos.Client.StartAsync(_key, request));
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.StartAsync(_key, request with { Prompt = "other" }));
        var listening = silos.Client.FollowAsync(_key, waiting).ToListAsync();
        gate.Open();
        await listening;

        Assert.Equal(waiting.RunId, (await silos.Client.StartAsync(_key, request)).RunId);
        Assert.Equal(2, model.Requests.Count);
    }

    [Fact]
    public async Task The_journal_remembers_it_for_the_next_process()
    {
        StartedRun first;
        await using (var silos = await StartAsync(new ScriptedModel([Step.Say("once")])))
        {
            first = await silos.Client.StartAsync(_key, Ask());
            await silos.TranscriptAsync(_key);
        }

        var model = new ScriptedModel();
        await using var next = await StartAsync(model);
        Assert.Equal(first.RunId, (await next.Client.StartAsync(_key, Ask())).RunId);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task A_run_whose_stream_is_gone_has_nothing_to_follow_and_is_not_started_again()
    {
        var model = new ScriptedModel([Step.Say("once")]);
        await _journal.AppendAsync(new RunToken(_key, "gone", "run"), 0, [
            new RunStartedRecord("run", "scripted") { Timestamp = default, IdempotencyKey = "k", RequestHash = HashOf(Ask()) },
            new RunEndedRecord("run", null) { Timestamp = default }]);
        await using var silos = await StartAsync(model);

        Assert.Empty(await silos.Client.StartAndListenAsync(_key, Ask()).ToListAsync());
        Assert.Empty(model.Requests);
    }

    [Fact]
    public void A_session_remembers_its_last_keys()
    {
        var runs = new KeyedRuns();
        for (var i = 0; i <= RunRequestRules.RememberedKeys; i++)
        {
            runs.Add($"k{i}", "hash", $"run-{i}");
        }

        Assert.Null(runs.Find(new("k0", "hash")));
        Assert.Equal("run-1", runs.Find(new("k1", "hash")));
        Assert.Equal($"run-{RunRequestRules.RememberedKeys}", runs.Find(new($"k{RunRequestRules.RememberedKeys}", "hash")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a key")]
    [InlineData("schlüssel")]
    public async Task A_key_that_breaks_its_rule_is_refused(string key)
    {
        await using var silos = await StartAsync(new ScriptedModel());
        Assert.Equal("idempotency_key", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_key, Ask() with { IdempotencyKey = key }))).Field);
        await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.StartAsync(_key, Ask() with { IdempotencyKey = new string('k', RunRequestRules.MaxKeyLength + 1) }));
    }

    private static RunRequest Ask(string key = "k") => new("go", IdempotencyKey: key);

    private static string HashOf(RunRequest request) => RequestKey.Of(request)!.Hash;

    private Task<TestSilos> StartAsync(IChatClient model) => TestSilos.StartAsync(
        null, model, _ => { }, _ => { }, services => services.AddSingleton<IStreamStore>(_log).AddSingleton<ISessionJournal>(_journal));
}
