using AgentStream.Grains.Expiry;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Tests.Access;
using AgentStream.Grains.Tests.Queue;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Schedules;

/// <summary>What goes wrong on the way of a prompt to its session loses none and doubles none.</summary>
public sealed class ScheduleFaultTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private static readonly DateTimeOffset Nine = ScheduleStage.Start.AddHours(9);

    private readonly ScheduleStage _stage = new();
    private readonly InMemoryJournal _journal = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-schedules-");
    private readonly SessionKey _key = TestSilos.NewSession();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    public async Task Prompts_come_in_the_next_process(string journal)
    {
        var prefix = RedisServer.NewPrefix();
        var model = ScheduleStage.Answering(3);
        Schedule[] set;
        await using (var setting = await StartAsync())
        {
            set =
            [
                await setting.Client.SetScheduleAsync(_key, new ScheduleRequest("remind", At: Nine.AddHours(-1))),
                await setting.Client.SetScheduleAsync(_key, new ScheduleRequest("report", Cron: "0 9 * * *", TimeZone: "Etc/UTC", Claims: [new("a", "b")])),
            ];
        }

        // Nobody is there when the first is due.
        _stage.Time.Advance(TimeSpan.FromHours(8.5));
        await using (var late = await StartAsync())
        {
            Assert.Equal(set, await late.Client.ListSchedulesAsync(_key));
            await ScheduleStage.LookAsync(late);
            await ScheduleStage.AnsweredAsync(late, _key, model, 1);
            Assert.Equal(set[1], Assert.Single(await late.Client.ListSchedulesAsync(_key)));
            await Wait.Until(async () => await late.Services.GetRequiredService<IStreamStore>().FindRunAsync(_key) is null or { HasEnded: true }, "the run to be over");

            // The session is not looked at before its next time, which nobody has but the index.
            await _stage.AdvanceAsync(late, ExpiryWatch.AgainAfter);
        }

        await using var silos = await StartAsync();
        foreach (var day in new[] { 0, 1 })
        {
            _stage.Time.Advance(Nine.AddDays(day) - _stage.Time.GetUtcNow());
            await ScheduleStage.LookAsync(silos);
            await ScheduleStage.AnsweredAsync(silos, _key, model, 2 + day);
        }

        Assert.Equal(["remind", "report", "report"], ScheduleStage.Prompts(model));
        await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
        Assert.Equal(set[1] with { Next = Nine.AddDays(2), Last = Nine.AddDays(1) }, Assert.Single(await silos.Client.ListSchedulesAsync(_key)));
        await silos.Client.DeleteSessionAsync(_key);
        Assert.Empty(await silos.Client.ListSchedulesAsync(_key));

        Task<TestSilos> StartAsync() => TestSilos.StartAsync(
            journal == "redis" ? redis.Server.Configuration : null,
            model,
            _ => { },
            _ => { },
            _stage.AddTime,
            storage: storage =>
            {
                storage.Journal = journal;
                storage.RedisPrefix = prefix;
                storage.JournalPath = journal == "redis" ? null : Path.Combine(_folder.FullName, "sessions.db");
            });
    }

    [Fact]
    public async Task A_prompt_whose_process_died_before_it_said_so_is_not_started_again()
    {
        await ScheduleStage.LeaveAsync(
            _journal,
            _key,
            ScheduleStage.Daily("s1"),
            ScheduleStage.Once("s2"),
            new RunStartedRecord("run", "scripted") { Timestamp = Nine, IdempotencyKey = ScheduleStage.KeyOf("s1", Nine), RequestHash = HashOf("s1", "report") },
            new RequestRecord(0, [new UserPromptPart("report") { Timestamp = Nine }]) { Timestamp = Nine },
            new RunEndedRecord("run", null) { Timestamp = Nine });
        var queue = new InMemoryPromptQueue();
        var model = ScheduleStage.Answering(1);
        await using var silos = await StartAsync(model, services => services.AddSingleton<IPromptQueue>(queue));
        _stage.Time.Advance(TimeSpan.FromHours(9));
        await queue.AddAsync(
            _key, new QueuedPrompt("run-2", "scripted", "remind", Nine) { IdempotencyKey = ScheduleStage.KeyOf("s2", Nine), RequestHash = HashOf("s2", "remind") });

        Assert.Equal(Nine.AddDays(1), await ScheduleStage.HandleAsync(silos, _key));
        Assert.Equal(("s1", Nine.AddDays(1)), Assert.Single((await silos.Client.ListSchedulesAsync(_key)).Select(schedule => (schedule.Id, schedule.Next!.Value))));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);
        Assert.Equal(["remind"], ScheduleStage.Prompts(model));
        Assert.Equal(2, (await ScheduleStage.RecordsAsync(silos, _key)).OfType<ScheduleFiredRecord>().Count());
    }

    [Fact]
    public async Task A_prompt_that_has_come_while_another_process_had_the_session_is_known_by_its_key()
    {
        await ScheduleStage.LeaveAsync(_journal, _key, ScheduleStage.Daily("s1"));
        var model = ScheduleStage.Answering(1);
        await using var silos = await StartAsync(model);
        var store = silos.Services.GetRequiredService<IStreamStore>();
        var other = new RunToken(_key, "other", "run");
        await store.RenewLeaseAsync("other", TimeSpan.FromHours(1));
        await store.StartAsync(other);
        _stage.Time.Advance(TimeSpan.FromHours(9));

        // It waits, but nobody could say so: it is due as before.
        for (var look = 0; look < 3; look++)
        {
            Assert.Equal(Nine, await ScheduleStage.HandleAsync(silos, _key));
            Assert.Equal(1, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
            Assert.Equal(Nine, Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Next);
        }

        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.SetScheduleAsync(_key, new ScheduleRequest("x", Cron: "0 * * * *")));
        await Assert.ThrowsAsync<SessionBusyException>(() => silos.Client.CancelScheduleAsync(_key, "s1"));
        await store.FinishAsync(other, 1, [], TimeSpan.FromSeconds(5));
        Assert.Equal(Nine.AddDays(1), await ScheduleStage.HandleAsync(silos, _key));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);
    }

    [Fact]
    public async Task A_prompt_that_was_queued_twice_is_one_run()
    {
        var queue = new InMemoryPromptQueue();
        foreach (var run in new[] { "run-1", "run-2" })
        {
            await queue.AddAsync(_key, new QueuedPrompt(run, "scripted", "report", Nine) { IdempotencyKey = ScheduleStage.KeyOf("s1", Nine), RequestHash = HashOf("s1", "report") });
        }

        await queue.AddAsync(_key, new QueuedPrompt("run-3", "scripted", "another", Nine));
        var model = ScheduleStage.Answering(2);
        await using var silos = await StartAsync(model, services => services.AddSingleton<IPromptQueue>(queue));
        await QueueStage.LookAsync(silos);
        await ScheduleStage.AnsweredAsync(silos, _key, model, 2);
        Assert.Equal(["report", "another"], ScheduleStage.Prompts(model));
    }

    [Fact]
    public async Task A_prompt_that_is_refused_is_tried_again_more_and_more_seldom_and_the_list_says_why()
    {
        await ScheduleStage.LeaveAsync(_journal, _key, ScheduleStage.Once("s1", agent: "gone\u001b"), ScheduleStage.Daily("s2"));
        var model = ScheduleStage.Answering(1);
        await using var silos = await StartAsync(model);
        _stage.Time.Advance(TimeSpan.FromHours(9));

        Assert.Equal(Nine.AddSeconds(15), await ScheduleStage.HandleAsync(silos, _key));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);
        var refused = (await silos.Client.ListSchedulesAsync(_key))[0];
        Assert.Equal(("No agent is named 'gone\u001b'.", Nine), (refused.Error, refused.Next));
        foreach (var (wait, next) in new[] { (15, 15), (15, 30), (30, 60), (60, 120), (3600 * 2, 3600) })
        {
            _stage.Time.Advance(TimeSpan.FromSeconds(wait));
            var now = _stage.Time.GetUtcNow();
            Assert.Equal(now.AddSeconds(next), await ScheduleStage.HandleAsync(silos, _key));
        }

        Assert.Single((await ScheduleStage.RecordsAsync(silos, _key)).OfType<ScheduleFailedRecord>());
        Assert.True(await silos.Client.CancelScheduleAsync(_key, "s1"));
        Assert.Equal(Nine.AddDays(1), await ScheduleStage.HandleAsync(silos, _key));
    }

    [Fact]
    public async Task A_prompt_beyond_a_limit_comes_when_there_is_room()
    {
        var model = ScheduleStage.Answering(2);
        await using var silos = await StartAsync(model, options: options => options.Limits.PerUser.PromptsPerMinute = 1);
        _stage.Timers.IsBlind = true;
        await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", Cron: "* * * * *"));
        _stage.Time.Advance(TimeSpan.FromSeconds(70));
        await silos.RunAsync(_key);

        Assert.Equal(ScheduleStage.Start.AddMinutes(2), await ScheduleStage.HandleAsync(silos, _key));
        Assert.Equal("The limit prompts_per_minute (1) is reached.", Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Error);
        Assert.Single(model.Requests);

        _stage.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(ScheduleStage.Start.AddMinutes(3), await ScheduleStage.HandleAsync(silos, _key));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 2);
        Assert.Null(Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Error);
    }

    [Fact]
    public async Task A_prompt_comes_as_from_the_user_who_set_it_and_the_policies_are_asked_again()
    {
        using var stage = new PolicyStage();
        var key = TestSilos.NewSession();
        var request = new ScheduleRequest("refund", Cron: "0 9 * * *", Claims: [PolicyStage.Anna, PolicyStage.MayRefund, PolicyStage.Secret]);
        var model = new ScriptedModel([Step.Call("c1", "refund", ("amount", 5))], [Step.Say("done")]);
        await using var silos = await stage.StartAsync(model, agent => agent.RequirePolicy("refunds"), _stage.AddTime);
        await Assert.ThrowsAsync<PolicyNotMetException>(() => silos.Client.SetScheduleAsync(key, request with { Claims = [PolicyStage.Anna] }));
        await silos.Client.SetScheduleAsync(key, request);
        await stage.Journal.AppendAsync(
            new RunToken(key, "x", "y"),
            (await stage.Journal.ReadAsync(key, 0)).Count,
            [ScheduleStage.Daily("s2") with { Claims = [PolicyStage.Anna] }]);

        _stage.Time.Advance(TimeSpan.FromHours(9));
        await ScheduleStage.HandleAsync(silos, key);
        await ScheduleStage.AnsweredAsync(silos, key, model, 2);
        Assert.Equal(["5 by anna@example.com (1)"], stage.Refunds);
        Assert.Equal([null, "The agent 'scripted' is for users who meet the policy 'refunds'."], (await silos.Client.ListSchedulesAsync(key)).Select(schedule => schedule.Error));
    }

    [Fact]
    public async Task Only_what_an_agent_asks_for_is_kept_of_a_user()
    {
        using var stage = new PolicyStage();
        await using var silos = await stage.StartAsync(ScheduleStage.Answering(0), _ => { }, _stage.AddTime);
        await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("go", Cron: "0 9 * * *", Claims: [PolicyStage.Anna, PolicyStage.Secret]));
        Assert.Equal([PolicyStage.Anna], Assert.IsType<ScheduleSetRecord>(Assert.Single(await stage.Journal.ReadAsync(_key, 0))).Claims);
    }

    [Fact]
    public void Records_that_are_repeated_or_of_schedules_that_are_over_say_nothing()
    {
        var state = new SessionState();
        var fired = new ScheduleFiredRecord("s1", Nine, Nine.AddDays(1)) { Timestamp = Nine };
        foreach (var record in new ScheduleRecord[]
        {
            fired,
            ScheduleStage.Daily("s1"),
            ScheduleStage.Daily("s1") with { Prompt = "other" },
            fired,
            fired,
            new ScheduleFailedRecord("s1", Nine, "old") { Timestamp = Nine },
            ScheduleStage.Once("s2"),
            new ScheduleFiredRecord("s2", Nine, Next: null) { Timestamp = Nine },
            new ScheduleCanceledRecord("s2") { Timestamp = Nine },
            ScheduleStage.Once("s3"),
        })
        {
            state.Apply(record);
        }

        Assert.Equal([("s1", "report", Nine.AddDays(1), null), ("s3", "remind", Nine, null)], state.Schedules.All.Select(known => (known.Id, known.Set.Prompt, known.Next, known.Error)));
        Assert.Equal((Nine, 10), (state.Schedules.Next, state.Version));

        // As an older version wrote it: nothing is said to be replaced, and so nothing is.
        state.Apply(new ImportedRecord([]) { Timestamp = Nine });
        Assert.Equal(2, state.Schedules.All.Count);
    }

    private static string HashOf(string id, string prompt) => RequestKey.Of(new RunRequest(prompt, "scripted", IdempotencyKey: ScheduleStage.KeyOf(id, Nine)))!.Hash;

    private Task<TestSilos> StartAsync(ScriptedModel model, Action<IServiceCollection>? services = null, Action<AgentStreamOptions>? options = null) => _stage.StartAsync(
        model,
        added =>
        {
            added.AddSingleton<ISessionJournal>(_journal);
            services?.Invoke(added);
        },
        options);
}
