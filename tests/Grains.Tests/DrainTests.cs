using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>A process that shuts down in order leaves its runs to others, where nothing is half done. The two processes share a log and a journal.</summary>
public sealed class DrainTests : IDisposable
{
    private static readonly SessionKey Key = new(1, 1, "s1");

    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly SharedJournal _journal = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_run_leaves_at_the_end_of_its_response_and_its_tools_are_called_where_it_goes()
    {
        var gate = new Gate();
        List<string> calls = [];
        await using var leaving = await StartAsync(
            new ScriptedModel([Step.Say("so"), new Step.Pause(gate), Step.Call("c1", "where")]), agent => agent.WithTool(() => Where("old"), "where"));
        var model = new ScriptedModel([Step.Say("done")]);
        await using var heir = await StartAsync(model, agent => agent.WithTool(() => Where("new"), "where"));
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);

        await StopAsync(leaving, gate);
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"so"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"where","tool_call_id":"c1","args":{}}
            event {"idx":0,"event":"llm-end"}
            info {"msg":"resumed","idx":1}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"where","tool_call_id":"c1","content":"new"}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"done"}
            event {"idx":1,"event":"answer"}
            event {"idx":1,"event":"llm-end"}
            end

            """, await listening);
        Assert.Equal(["new"], calls);
        Assert.Equal("go", model.Requests.Single().Messages[0].Text);

        string Where(string place)
        {
            calls.Add(place);
            return place;
        }
    }

    [Fact]
    public async Task A_run_that_ends_in_time_ends_where_it_is()
    {
        var gate = new Gate();
        await using var leaving = await StartAsync(new ScriptedModel([Step.Say("all "), new Step.Pause(gate), Step.Say("said")]));
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = leaving.TranscriptAsync(Key);
        await StopAsync(leaving, gate);
        Assert.EndsWith("\"content_delta\":\"said\"}\nevent {\"idx\":0,\"event\":\"llm-end\"}\nend\n", await listening, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_takes_too_long_is_broken_off_and_starts_again_elsewhere()
    {
        var gate = new Gate();
        await using var leaving = await StartAsync(new ScriptedModel([Step.Say("half"), new Step.Pause(gate)]), drain: TimeSpan.Zero);
        var model = new ScriptedModel([Step.Say("whole")]);
        await using var heir = await StartAsync(model);
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);

        await StopAsync(leaving);
        Assert.EndsWith("""
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"half"}
            event {"idx":0,"event":"answer"}
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"whole"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """, await listening, StringComparison.Ordinal);
        Assert.Equal(["go"], model.Requests.Single().Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task Tool_calls_under_way_are_waited_for_and_not_made_again()
    {
        var (gate, called) = (new Gate(), new List<string>());
        await using var leaving = await StartAsync(new ScriptedModel([Step.Call("c1", "slow")]), agent => agent.WithTool(SlowAsync, "slow"));
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("done")]), agent => agent.WithTool(SlowAsync, "slow"));
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);
        await StopAsync(leaving, gate);
        Assert.EndsWith("\"content\":\"done\"}\nevent {\"idx\":1,\"event\":\"answer\"}\nevent {\"idx\":1,\"event\":\"llm-end\"}\nend\n", await listening, StringComparison.Ordinal);
        Assert.Equal(["c1"], called);

        async Task<string> SlowAsync(ToolCall call)
        {
            called.Add(call.Id);
            gate.Reached();
            await gate.OpenedAsync(CancellationToken.None);
            return "slow";
        }
    }

    [Fact]
    public async Task Tool_calls_that_wait_for_their_turn_are_made_where_the_run_goes()
    {
        var (gate, called) = (new Gate(), new List<string>());
        await using var leaving = await StartAsync(
            new ScriptedModel([Step.Call("c1", "slow"), Step.Call("c2", "slow"), Step.Call("c3", "slow")]), agent => agent.WithTool((ToolCall call) => SlowAsync("old", call), "slow"), parallel: 1);
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("done")]), agent => agent.WithTool((ToolCall call) => SlowAsync("new", call), "slow"), parallel: 1);
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);
        await StopAsync(leaving, gate);
        Assert.EndsWith("\"content\":\"done\"}\nevent {\"idx\":1,\"event\":\"answer\"}\nevent {\"idx\":1,\"event\":\"llm-end\"}\nend\n", await listening, StringComparison.Ordinal);
        Assert.Equal(["old c1", "new c2", "new c3"], called);

        async Task<string> SlowAsync(string place, ToolCall call)
        {
            called.Add($"{place} {call.Id}");
            gate.Reached();
            await gate.OpenedAsync(CancellationToken.None);
            return "slow";
        }
    }

    [Fact]
    public async Task A_prompt_that_is_accepted_while_the_process_stops_is_run_elsewhere()
    {
        var model = new ScriptedModel();
        await using var leaving = await StartAsync(model);
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("here")]));
        leaving.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Wait.Until(() => Runs(leaving).IsStopping, "the process is about to stop");

        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        Assert.Contains("\"content\":\"here\"", await heir.TranscriptAsync(Key), StringComparison.Ordinal);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task Where_resuming_is_switched_off_a_run_ends_where_it_is()
    {
        var gate = new Gate();
        await using var leaving = await StartAsync(new ScriptedModel([Step.Say("half"), new Step.Pause(gate)]), drain: TimeSpan.Zero, resume: false);
        await leaving.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = leaving.TranscriptAsync(Key);
        await StopAsync(leaving);
        Assert.EndsWith("error {\"msg\":\"crashed - the silo is shutting down\",\"reason\":\"interrupted\"}\nend\n", await listening, StringComparison.Ordinal);
    }

    [Fact]
    public void Processes_that_stop_in_order_do_not_count_as_crashes()
    {
        var history = new SessionState();
        history.Apply(new RunStartedRecord("run", "scripted") { Timestamp = default });
        for (var i = 0; i < 10; i++)
        {
            history.Apply(new RunGivenAwayRecord("run") { Timestamp = default });
            history.Apply(new RunResumedRecord("run", 0) { Timestamp = default });
        }

        Assert.Equal(0, history.Unfinished!.Resumes);
        history.Apply(new RunResumedRecord("run", 0) { Timestamp = default });
        Assert.Equal(1, history.Unfinished.Resumes);
    }

    private static RunHost Runs(TestSilos silos) => silos.Services.GetRequiredService<RunHost>();

    private static Task StopAsync(TestSilos silos) => silos.Cluster.Silos[0].StopSiloAsync(stopGracefully: true);

    /// <summary>Stops a process, and opens a gate when it is about to stop.</summary>
    private static async Task StopAsync(TestSilos silos, Gate gate)
    {
        var stopping = StopAsync(silos);
        await Wait.Until(() => Runs(silos).IsStopping, "the process is about to stop");
        gate.Open();
        await stopping;
    }

    private Task<TestSilos> StartAsync(IChatClient model, Action<AgentBuilder>? agent = null, TimeSpan? drain = null, bool resume = true, int parallel = 16) => TestSilos.StartAsync(
        null,
        model,
        options => (options.DrainTimeout, options.ResumeRuns, options.MaxParallelToolCalls) = (drain ?? TimeSpan.FromMinutes(1), resume, parallel),
        agent ?? (_ => { }),
        services => services.AddSingleton<IStreamStore>(_log).AddSingleton<ISessionJournal>(_journal));

    /// <summary>Memory that stands for a store that other processes read.</summary>
    private sealed class SharedJournal : ISessionJournal
    {
        private readonly InMemoryJournal _journal = new();

        public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
            _journal.ReadAsync(key, afterVersion, cancellationToken);

        public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
            _journal.AppendAsync(owner, expectedVersion, records, cancellationToken);

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
            _journal.ListSessionsAsync(user, count, cancellationToken);

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => _journal.DeleteAsync(owner, cancellationToken);
    }
}
