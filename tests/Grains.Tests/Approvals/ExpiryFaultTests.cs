using AgentStream.Grains.Agents;
using AgentStream.Grains.Expiry;
using AgentStream.Grains.Recovery;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>An expiry outlives processes, and what goes wrong in one session is no other's.</summary>
public sealed class ExpiryFaultTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private static readonly Step[] CallPay = [Step.Call("c1", "pay", ("amount", 5))];
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ExpiryStage _stage = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-expiry-");
    private readonly SessionKey _key = TestSilos.NewSession();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    public async Task A_call_expires_in_the_next_process(string journal)
    {
        var prefix = RedisServer.NewPrefix();
        await using (var asking = await StartAsync(new ScriptedModel(CallPay)))
        {
            await asking.RunAsync(_key);
        }

        var model = new ScriptedModel([Step.Say("a pity")]);
        await using var silos = await StartAsync(model);
        Assert.Equal(ExpiryStage.Start + Minute, Assert.Single(await silos.Client.GetPendingAsync(_key)).ExpiresAt);
        await _stage.ExpireAsync(silos, _key, Minute);
        Assert.Contains("a pity", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
        Assert.Equal("The call was not made: nobody approved it in time.", ExpiryStage.ResultTo(model, "c1"));

        Task<TestSilos> StartAsync(ScriptedModel scripted) => TestSilos.StartAsync(
            journal == "redis" ? redis.Server.Configuration : null,
            scripted,
            options => options.ApprovalTimeout = Minute,
            _stage.AddTools,
            _stage.AddTime,
            storage: storage =>
            {
                storage.Journal = journal;
                storage.RedisPrefix = prefix;
                storage.JournalPath = journal == "redis" ? null : Path.Combine(_folder.FullName, "sessions.db");
            });
    }

    [Fact]
    public async Task The_index_has_the_session_before_the_journal_has_the_call_and_a_look_in_between_does_no_harm()
    {
        var gate = new Gate();
        var journal = new GatedJournal(gate, record => record is RunPausedRecord);
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("a pity")]), Minute, services: journal.AddTo);
        var asking = silos.RunAsync(_key);
        await gate.ReachedAsync();
        Assert.Equal(1, _stage.Timers.Sets);

        // The journal is away for so long that the time is over before it has the call.
        _stage.Time.Advance(Minute);
        Assert.NotNull(await ExpiryStage.HandleAsync(silos, _key));
        await ExpiryStage.LookAsync(silos);
        gate.Open();
        await asking;

        await _stage.ExpireAsync(silos, _key, ExpiryWatch.AgainAfter);
        Assert.Contains("a pity", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_died_between_the_index_and_the_journal_has_the_call_asked_about_again_with_a_new_time()
    {
        using var log = new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System);
        var journal = new InMemoryJournal();
        var token = new RunToken(_key, "dead", "run");
        await log.StartAsync(token);
        await journal.AppendAsync(token, 0, Asking);
        await _stage.Timers.SetAsync(token, ExpiryStage.Start + Minute);
        await log.RenewLeaseAsync("dead", TimeSpan.Zero);
        _stage.Time.Advance(Minute / 2);
        await using var silos = await _stage.StartAsync(
            new ScriptedModel([Step.Say("a pity")]), Minute, services: services => services.AddSingleton<IStreamStore>(log).AddSingleton<ISessionJournal>(journal));
        var watch = silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single();
        await Wait.Until(
            async () =>
            {
                await watch.LookAsync(CancellationToken.None);
                return (await silos.Client.GetPendingAsync(_key)).Count == 1;
            },
            "the run to be recovered");
        await silos.TranscriptAsync(_key);

        _stage.Time.Advance(Minute / 2);
        await ExpiryStage.LookAsync(silos);
        Assert.Equal(ExpiryStage.Start + (Minute * 1.5), Assert.Single(await silos.Client.GetPendingAsync(_key)).ExpiresAt);
        await _stage.ExpireAsync(silos, _key, Minute / 2);
        Assert.Contains("a pity", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_of_the_index_that_the_journal_knows_nothing_of_goes_away()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(), Minute);
        await _stage.Timers.SetAsync(new RunToken(_key, "dead", "run"), ExpiryStage.Start);
        await ExpiryStage.LookAsync(silos);
        await Wait.Until(() => _stage.Timers.List().Count == 0, "the index to forget the session");
        Assert.Null(await silos.Client.GetSessionAsync(_key));
    }

    [Fact]
    public async Task A_session_that_is_busy_is_looked_at_again()
    {
        await using var silos = await _stage.StartAsync(new ScriptedModel(CallPay, [Step.Say("a pity")]), Minute);
        await silos.RunAsync(_key);
        var store = silos.Services.GetRequiredService<IStreamStore>();
        var other = new RunToken(_key, "other", "run");
        await store.RenewLeaseAsync("other", TimeSpan.FromHours(1));
        await store.StartAsync(other);

        _stage.Time.Advance(Minute);
        await ExpiryStage.LookAsync(silos);
        Assert.NotNull(await ExpiryStage.HandleAsync(silos, _key));
        Assert.Single(await silos.Client.GetPendingAsync(_key));

        await store.FinishAsync(other, 1, [], TimeSpan.FromSeconds(5));
        await _stage.ExpireAsync(silos, _key, ExpiryWatch.AgainAfter);
        Assert.Contains("a pity", await silos.TranscriptAsync(_key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_fails_keeps_no_other_from_its_expiry()
    {
        var journal = new TornJournal();
        await using var silos = await _stage.StartAsync(
            new ScriptedModel(CallPay, CallPay, [Step.Say("one")], [Step.Say("two")]), Minute, services: services => services.AddSingleton<ISessionJournal>(journal));
        var whole = TestSilos.NewSession();
        await silos.RunAsync(_key);
        await silos.RunAsync(whole);

        journal.Torn = _key;
        await _stage.ExpireAsync(silos, whole, Minute);
        await journal.RefusedAsync();
        journal.Torn = null;
        Assert.Single(await silos.Client.GetPendingAsync(_key));
        await _stage.ExpireAsync(silos, _key, ExpiryWatch.AgainAfter);
    }

    [Theory]
    [InlineData(false, false, true, false, true)]
    [InlineData(false, true, false, false, true)]
    [InlineData(true, false, true, false, false)]
    [InlineData(false, false, false, true, false)]
    [InlineData(false, false, false, false, false)]
    public async Task A_journal_that_outlives_its_timers_is_refused_where_calls_expire(bool timersLast, bool isSetting, bool isAgents, bool never, bool isRefused)
    {
        var services = new ServiceCollection().BuildServiceProvider();
        var own = never ? Timeout.InfiniteTimeSpan : Minute;
        var agents = new AgentCatalog([new AgentRegistration("a", agent => _ = isAgents || never ? agent.WithApprovalTimeout(own) : agent)], services);
        var check = new TimersCheck(
            new GatedJournal(new Gate(), _ => false),
            timersLast ? _stage.Timers : new InMemorySessionTimers(),
            agents,
            Options.Create(new AgentStreamOptions { ApprovalTimeout = isSetting ? Minute : null }));
        if (isRefused)
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => check.StartingAsync(CancellationToken.None));
            Assert.StartsWith($"AgentStream:ApprovalTimeout needs timers that last as long as {typeof(GatedJournal)}: register an ISessionTimers", error.Message, StringComparison.Ordinal);
        }
        else
        {
            await check.StartingAsync(CancellationToken.None);
        }
    }

    private static JournalRecord[] Asking =>
    [
        new RunStartedRecord("run", "scripted") { Timestamp = ExpiryStage.Start },
        new RequestRecord(0, [new UserPromptPart("go") { Timestamp = ExpiryStage.Start }]) { Timestamp = ExpiryStage.Start },
        new ResponseRecord(0, new ModelResponse([new ToolCallPart("pay", "c1", System.Text.Json.JsonElement.Parse("""{"amount":5}"""))]) { Timestamp = ExpiryStage.Start })
        {
            Timestamp = ExpiryStage.Start,
        },
    ];
}
