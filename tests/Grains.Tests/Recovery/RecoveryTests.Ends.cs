using AgentStream.Grains.Recovery;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>Runs that are brought to their end, or left to others.</summary>
public sealed partial class RecoveryTests
{
    [Fact]
    public async Task A_run_that_was_canceled_before_its_process_died_ends_as_canceled()
    {
        var gate = new Gate();
        await using var dying = await StartAsync(new ScriptedModel([new Step.Pause(gate, Deaf: true)]));
        await using var heir = await StartAsync(new ScriptedModel());
        var token = await OrphanAsync("dead", [new RunStartedRecord("run", "scripted") { Timestamp = default }], isCanceled: true);
        await LookAsync(heir);
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await heir.TranscriptAsync(token.Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_taken_over_three_times_ends_as_crashed()
    {
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("a fourth time")]));
        var resumed = Enumerable.Repeat(new RunResumedRecord("run", 0) { Timestamp = default }, RecoveryRules.MostResumes);
        var token = await OrphanAsync("dead", [new RunStartedRecord("run", "scripted") { Timestamp = default }, .. resumed]);
        await LookAsync(heir);
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the processes that ran it are gone, 4 one after the other\",\"reason\":\"interrupted\"}\nend\n",
            await heir.TranscriptAsync(token.Key),
            StringComparison.Ordinal);
        Assert.Null((await HistoryAsync()).Unfinished);
    }

    [Fact]
    public async Task A_run_of_an_agent_that_is_not_known_here_is_left_to_a_process_that_knows_it()
    {
        await using var old = await StartAsync(new ScriptedModel());
        await OrphanAsync("dead", StrangeRun);
        await Wait.Until(
            async () =>
            {
                await LookAsync(old);
                return (await _log.FindRunAsync(Key))?.Run.SiloId == SiloIdentity.Nobody;
            },
            "the run to be left");
        await LookAsync(old);
        Assert.Equal(SiloIdentity.Nobody, (await _log.FindRunAsync(Key))?.Run.SiloId);

        await using var @new = await StartAsync(
            new ScriptedModel(), others: agents => agents.AddAgent("stranger", agent => agent.UseChatClient(_ => new ScriptedModel([Step.Say("known")]))));
        await LookAsync(@new);
        Assert.EndsWith("""
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"known"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await @new.TranscriptAsync(Key),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_an_agent_that_nobody_knows_ends_as_crashed_when_others_had_their_time()
    {
        var time = new ManualTimeProvider();
        await using var heir = await StartAsync(new ScriptedModel(), strange: time);
        await OrphanAsync("dead", StrangeRun);
        await LookAsync(heir);
        time.Advance(DeferredRuns.OthersHave - TimeSpan.FromMilliseconds(1));
        await LookAsync(heir);
        Assert.Equal(SiloIdentity.Nobody, (await _log.FindRunAsync(Key))?.Run.SiloId);

        time.Advance(TimeSpan.FromMilliseconds(1));
        await LookAsync(heir);
        Assert.Contains("crashed - No agent is named 'stranger'", await heir.TranscriptAsync(Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_the_journal_does_not_know_ends_as_crashed()
    {
        await using var heir = await StartAsync(new ScriptedModel());
        var token = await OrphanAsync("dead", []);
        await LookAsync(heir);
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the process that ran it is gone, and what it knew with it\",\"reason\":\"interrupted\"}\nend\n",
            await heir.TranscriptAsync(token.Key),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_end_is_in_the_journal_is_brought_to_it()
    {
        await using var heir = await StartAsync(new ScriptedModel());
        var token = await OrphanAsync(
            "dead", [new RunStartedRecord("run", "scripted") { Timestamp = default }, new RunEndedRecord("run", "canceled") { Timestamp = default }]);
        await LookAsync(heir);
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await heir.TranscriptAsync(token.Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_is_in_the_journal_is_told_with_its_reason_again()
    {
        await using var heir = await StartAsync(new ScriptedModel());
        var token = await OrphanAsync(
            "dead",
            [new RunStartedRecord("run", "scripted") { Timestamp = default }, new RunEndedRecord("run", "crashed - too long") { Timestamp = default, Reason = FailureReasons.Limit }]);
        await LookAsync(heir);
        Assert.EndsWith("error {\"msg\":\"crashed - too long\",\"reason\":\"limit\"}\nend\n", await heir.TranscriptAsync(token.Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_had_completed_before_its_process_died_is_shown_to_its_end()
    {
        await using var heir = await StartAsync(new ScriptedModel());
        var token = await OrphanAsync(
            "dead",
            [
                new RunStartedRecord("run", "scripted") { Timestamp = default },
                new RequestRecord(0, [new UserPromptPart("go") { Timestamp = default }]) { Timestamp = default },
                new ResponseRecord(0, new ModelResponse([new TextPart("all said")]) { Timestamp = default }) { Timestamp = default },
                new RunEndedRecord("run", null) { Timestamp = default },
            ]);
        await LookAsync(heir);
        Assert.Equal(
            """
            begin {"session_id":"s1"}
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"all said"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await heir.TranscriptAsync(token.Key));
    }

    [Fact]
    public async Task Who_took_as_many_runs_as_it_may_looks_again_at_once()
    {
        await using var heir = await StartAsync(new ScriptedModel());
        foreach (var i in Enumerable.Range(0, 130))
        {
            await OrphanAsync("dead", [], key: new(1, 1, $"s{i}"));
        }

        // Two shares of 64, and the rest. It looks by itself meanwhile as well, so some of them may be gone already.
        var looks = 0;
        while (await LookAsync(heir))
        {
            looks++;
        }

        Assert.InRange(looks, 0, 2);
        await Wait.Until(async () => (await _log.FindOwnedAsync("dead")).Count == 0, "all runs to be recovered");
    }

    [Fact]
    public async Task Where_resuming_is_switched_off_the_run_ends_as_crashed()
    {
        await using var heir = await StartAsync(new ScriptedModel(), resume: false);
        var token = await OrphanAsync("dead", [new RunStartedRecord("run", "scripted") { Timestamp = default }]);
        await LookAsync(heir);
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the process that ran it is gone\",\"reason\":\"interrupted\"}\nend\n", await heir.TranscriptAsync(token.Key), StringComparison.Ordinal);
    }
}
