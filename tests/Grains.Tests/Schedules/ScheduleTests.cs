using AgentStream.Grains.Expiry;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Timers;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Schedules;

/// <summary>Prompts that come at a time, or again and again.</summary>
public sealed class ScheduleTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ScheduleStage _stage = new();
    private readonly SessionKey _key = TestSilos.NewSession();

    [Fact]
    public async Task A_prompt_comes_once_at_its_time_in_a_session_that_is_new()
    {
        var model = ScheduleStage.Answering(1);
        await using var silos = await _stage.StartAsync(model);
        var at = new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(1)).AddTicks(7);
        var schedule = await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("remind me", At: at));
        Assert.Equal(
            new Schedule(schedule.Id, "remind me", "scripted", ScheduleStage.Start + Hour, null, null, ScheduleStage.Start, ScheduleStage.Start + Hour), schedule);
        Assert.Equal([schedule], await silos.Client.ListSchedulesAsync(_key));
        Assert.Equal(ScheduleStage.Start + Hour, _stage.Timers.Find(_key));
        var session = await silos.Client.GetSessionAsync(_key);
        Assert.Equal(("No title", false, "[]"), (session!.Title, session.IsLive, System.Text.Encoding.UTF8.GetString(session.Messages)));

        await _stage.AdvanceAsync(silos, Hour - TimeSpan.FromMilliseconds(1));
        Assert.Empty(model.Requests);
        await _stage.AdvanceAsync(silos, TimeSpan.FromMilliseconds(1));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);

        Assert.Equal(["remind me"], ScheduleStage.Prompts(model));
        Assert.Empty(await silos.Client.ListSchedulesAsync(_key));
        await _stage.AdvanceAsync(silos, ExpiryWatch.AgainAfter);
        await Wait.Until(() => _stage.Timers.List().Count == 0, "the index to forget the session");
        await _stage.AdvanceAsync(silos, Hour);
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task A_prompt_comes_again_and_again_and_the_list_says_when()
    {
        var model = ScheduleStage.Answering(2);
        await using var silos = await _stage.StartAsync(model);
        var schedule = await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", "scripted", Cron: "0 9 * * *"));
        Assert.Equal((ScheduleStage.Start.AddHours(9), "UTC", null), (schedule.Next, schedule.TimeZone, schedule.At));

        for (var day = 0; day < 2; day++)
        {
            await _stage.AdvanceAsync(silos, ScheduleStage.Start.AddDays(day).AddHours(9) - _stage.Time.GetUtcNow());
            await ScheduleStage.AnsweredAsync(silos, _key, model, day + 1);
            var now = Assert.Single(await silos.Client.ListSchedulesAsync(_key));
            Assert.Equal(schedule with { Next = ScheduleStage.Start.AddDays(day + 1).AddHours(9), Last = _stage.Time.GetUtcNow() }, now);

            // The session is not looked at before.
            await _stage.AdvanceAsync(silos, ExpiryWatch.AgainAfter);
            await Wait.Until(() => _stage.Timers.Find(_key) == now.Next, "the index to have the next time");
        }

        Assert.Equal(["report", "report"], ScheduleStage.Prompts(model));
    }

    [Fact]
    public async Task Times_that_were_missed_bring_one_prompt()
    {
        var model = ScheduleStage.Answering(1);
        await using var silos = await _stage.StartAsync(model);
        await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", Cron: "*/10 * * * *"));

        await _stage.AdvanceAsync(silos, TimeSpan.FromDays(3.5));
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);
        Assert.Equal(ScheduleStage.Start.AddDays(3.5).AddMinutes(10), Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Next);
    }

    [Fact]
    public async Task A_schedule_is_set_listed_and_canceled_while_a_run_is_under_way_and_its_prompt_waits_for_the_run()
    {
        var gate = new Gate();
        var model = new ScriptedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")]);
        await using var silos = await _stage.StartAsync(model, options: options => options.ModelSilence = TimeSpan.FromHours(1));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        var schedule = await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", Cron: "* * * * *"));
        var other = await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("other", At: ScheduleStage.Start + (Minute / 2)));
        Assert.Equal([schedule, other], await silos.Client.ListSchedulesAsync(_key));
        Assert.Equal(ScheduleStage.Start + (Minute / 2), _stage.Timers.Find(_key));
        Assert.True(await silos.Client.CancelScheduleAsync(_key, other.Id));
        Assert.False(await silos.Client.CancelScheduleAsync(_key, other.Id));

        await _stage.AdvanceAsync(silos, Minute);
        await Wait.Until(async () => (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts == 1, "the prompt to wait");
        Assert.Equal(ScheduleStage.Start + (2 * Minute), Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Next);

        // The next one does not wait as well: as long as the first waits, it stays due.
        await _stage.AdvanceAsync(silos, Minute);
        await ScheduleStage.HandleAsync(silos, _key);
        Assert.Equal(1, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
        Assert.True(await silos.Client.IsLiveAsync(_key));
        Assert.Equal(ScheduleStage.Start + (2 * Minute), Assert.Single(await silos.Client.ListSchedulesAsync(_key)).Next);
        Assert.True(await silos.Client.CancelScheduleAsync(_key, schedule.Id));

        gate.Open();
        await ScheduleStage.AnsweredAsync(silos, _key, model, 2);
        Assert.Equal(["go", "report"], ScheduleStage.Prompts(model));
        Assert.Equal(0, (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts);
    }

    [Fact]
    public async Task A_schedule_that_is_canceled_brings_nothing_and_the_index_forgets_the_session()
    {
        var model = ScheduleStage.Answering(0);
        await using var silos = await _stage.StartAsync(model);
        var schedule = await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", Cron: "0 * * * *"));
        Assert.False(await silos.Client.CancelScheduleAsync(_key, "unknown"));
        Assert.False(await silos.Client.CancelScheduleAsync(TestSilos.NewSession(), schedule.Id));
        Assert.True(await silos.Client.CancelScheduleAsync(_key, schedule.Id));
        Assert.Empty(await silos.Client.ListSchedulesAsync(_key));

        await _stage.AdvanceAsync(silos, Hour);
        await Wait.Until(() => _stage.Timers.List().Count == 0, "the index to forget the session");
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task A_pause_keeps_the_time_of_a_schedule_and_a_prompt_declines_nothing_that_the_session_waits_for()
    {
        var model = new ScriptedModel([Step.Call("c1", "pay", ("amount", 5))], [Step.Say("a pity")], [Step.Say("two")]);
        await using var silos = await _stage.StartAsync(model, options: options => options.ApprovalTimeout = Hour);
        await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", At: ScheduleStage.Start + (Hour / 2)));
        await silos.RunAsync(_key);
        var pending = Assert.Single(await silos.Client.GetPendingAsync(_key));
        Assert.Equal(ScheduleStage.Start + (Hour / 2), _stage.Timers.Find(_key));

        await _stage.AdvanceAsync(silos, Hour / 2);
        await Wait.Until(async () => (await silos.Client.GetSessionAsync(_key))!.QueuedPrompts == 1, "the prompt to wait");
        Assert.Equal(pending, Assert.Single(await silos.Client.GetPendingAsync(_key)));
        await Wait.Until(() => _stage.Timers.Find(_key) == pending.ExpiresAt, "the index to have the expiry");

        await _stage.AdvanceAsync(silos, Hour / 2);
        await ScheduleStage.AnsweredAsync(silos, _key, model, 3);
        Assert.Equal(["go", "go", "report"], ScheduleStage.Prompts(model));
    }

    [Fact]
    public async Task The_index_keeps_the_time_of_an_expiry_that_comes_before_a_prompt()
    {
        var model = new ScriptedModel([Step.Call("c1", "pay", ("amount", 5))], [Step.Say("a pity")], [Step.Say("two")]);
        await using var silos = await _stage.StartAsync(model, options: options => options.ApprovalTimeout = Hour);
        await silos.RunAsync(_key);
        await silos.Client.SetScheduleAsync(_key, new ScheduleRequest("report", At: ScheduleStage.Start + (2 * Hour)));
        Assert.Equal(ScheduleStage.Start + Hour, _stage.Timers.Find(_key));

        await _stage.AdvanceAsync(silos, Hour);
        await ScheduleStage.AnsweredAsync(silos, _key, model, 2);
        await _stage.AdvanceAsync(silos, ExpiryWatch.AgainAfter);
        await Wait.Until(() => _stage.Timers.Find(_key) == ScheduleStage.Start + (2 * Hour), "the index to have the prompt");
        await _stage.AdvanceAsync(silos, Hour - ExpiryWatch.AgainAfter);
        await ScheduleStage.AnsweredAsync(silos, _key, model, 3);
    }

    [Fact]
    public async Task The_same_request_sets_one_schedule_also_when_that_is_over()
    {
        var model = ScheduleStage.Answering(1);
        await using var silos = await _stage.StartAsync(model);
        var request = new ScheduleRequest("remind", At: ScheduleStage.Start + Hour, IdempotencyKey: "k");
        var schedule = await silos.Client.SetScheduleAsync(_key, request);
        Assert.Equal(schedule, await silos.Client.SetScheduleAsync(_key, request));
        Assert.Single(await silos.Client.ListSchedulesAsync(_key));
        foreach (var other in new[] { request with { Prompt = "x" }, request with { At = ScheduleStage.Start.AddHours(2) }, request with { At = null, Cron = "0 * * * *" }, request with { Agent = "scripted" } })
        {
            await Assert.ThrowsAsync<IdempotencyConflictException>(() => silos.Client.SetScheduleAsync(_key, other));
        }

        await _stage.AdvanceAsync(silos, Hour);
        await ScheduleStage.AnsweredAsync(silos, _key, model, 1);
        Assert.Equal(schedule with { Next = null }, await silos.Client.SetScheduleAsync(_key, request));
        Assert.Empty(await silos.Client.ListSchedulesAsync(_key));
    }

    [Fact]
    public async Task Schedules_outlive_an_import_and_their_keys_do()
    {
        var journal = new InMemoryJournal();
        await ScheduleStage.LeaveAsync(
            journal,
            _key,
            ScheduleStage.Daily("s1"),
            new ScheduleFiredRecord("s1", ScheduleStage.Start.AddHours(9), ScheduleStage.Start.AddHours(33)) { Timestamp = ScheduleStage.Start.AddHours(9.5) },
            new ScheduleFailedRecord("s1", ScheduleStage.Start.AddHours(33), "no") { Timestamp = ScheduleStage.Start.AddHours(33) },
            ScheduleStage.Once("s2"),
            ScheduleStage.Once("s3"),
            new ScheduleCanceledRecord("s3") { Timestamp = ScheduleStage.Start });
        await using var silos = await _stage.StartAsync(ScheduleStage.Answering(0), services => services.AddSingleton<ISessionJournal>(journal));
        var request = new ScheduleRequest("later", At: ScheduleStage.Start.AddDays(9), IdempotencyKey: "k");
        var canceled = await silos.Client.SetScheduleAsync(_key, request);
        await silos.Client.CancelScheduleAsync(_key, canceled.Id);
        var before = await silos.Client.ListSchedulesAsync(_key);
        Assert.Equal(
            [("s1", "no", ScheduleStage.Start.AddHours(9.5), ScheduleStage.Start.AddHours(33)), ("s2", null, null, ScheduleStage.Start.AddHours(9))],
            before.Select(schedule => (schedule.Id, schedule.Error, schedule.Last, schedule.Next!.Value)));
        _stage.Time.Advance(TimeSpan.FromMinutes(1));

        await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());

        Assert.Equal(before, await silos.Client.ListSchedulesAsync(_key));
        Assert.Equal(canceled.Id, (await silos.Client.SetScheduleAsync(_key, request)).Id);
        Assert.DoesNotContain(await ScheduleStage.RecordsAsync(silos, _key), record => record is ScheduleFiredRecord or ScheduleCanceledRecord);
        Assert.Contains(await ScheduleStage.RecordsAsync(silos, _key), record => record is ScheduleFailedRecord { Timestamp: var since } && since == ScheduleStage.Start.AddHours(33));
    }

    [Fact]
    public async Task Deleting_a_session_deletes_its_schedules_and_keys()
    {
        var model = ScheduleStage.Answering(0);
        await using var silos = await _stage.StartAsync(model);
        var request = new ScheduleRequest("remind", At: ScheduleStage.Start + Hour, IdempotencyKey: "k");
        var schedule = await silos.Client.SetScheduleAsync(_key, request);
        await silos.Client.DeleteSessionAsync(_key);
        Assert.Empty(_stage.Timers.List());
        Assert.Empty(await silos.Client.ListSchedulesAsync(_key));
        Assert.Null(await silos.Client.GetSessionAsync(_key));
        await _stage.AdvanceAsync(silos, Hour / 2);
        Assert.NotEqual(schedule.Id, (await silos.Client.SetScheduleAsync(_key, request)).Id);
        await silos.Client.DeleteSessionAsync(_key);
        await _stage.AdvanceAsync(silos, Hour);
        Assert.Null(await ScheduleStage.HandleAsync(silos, _key));
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task A_journal_that_outlives_the_timers_takes_no_schedule()
    {
        await using var silos = await _stage.StartAsync(
            ScheduleStage.Answering(0), services => services.AddSingleton<ISessionJournal>(new GatedJournal(new Gate(), _ => false)).AddSingleton<ISessionTimers, InMemorySessionTimers>());
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => silos.Client.SetScheduleAsync(_key, new ScheduleRequest("go", Cron: "0 * * * *")));
        Assert.Contains("register an ISessionTimers", error.Message, StringComparison.Ordinal);
        Assert.Null(await silos.Client.GetSessionAsync(_key));
    }

    [Fact]
    public async Task A_session_has_so_many_schedules_and_no_more()
    {
        var journal = new InMemoryJournal();
        await ScheduleStage.LeaveAsync(journal, _key, [.. Enumerable.Range(0, ScheduleRequestRules.MaxSchedules).Select(i => ScheduleStage.Daily($"s{i}"))]);
        var other = TestSilos.NewSession();
        await ScheduleStage.LeaveAsync(journal, other, ScheduleStage.Daily("long", new string('x', AgentStreamOptions.MaxPromptLength - 2)));
        await using var silos = await _stage.StartAsync(ScheduleStage.Answering(0), services => services.AddSingleton<ISessionJournal>(journal));
        var request = new ScheduleRequest("go", Cron: "0 * * * *");
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => silos.Client.SetScheduleAsync(_key, request));
        Assert.Equal((LimitNames.Schedules, LimitTarget.Session, 100, null), (error.Limit, error.Target, error.Allowed, error.RetryAfter));
        Assert.True(await silos.Client.CancelScheduleAsync(_key, "s7"));
        await silos.Client.SetScheduleAsync(_key, request);

        await silos.Client.SetScheduleAsync(other, request);
        Assert.Equal("prompt", (await Assert.ThrowsAsync<InvalidInputException>(() => silos.Client.SetScheduleAsync(other, request))).Field);
    }
}
