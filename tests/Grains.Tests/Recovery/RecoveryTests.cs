using AgentStream.Grains.Output;
using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>
/// Runs whose process died continue in another. Two processes share a log and a journal; one is dead when its lease is gone and its run hangs
/// in a model or tool that hears nothing.
/// </summary>
public sealed partial class RecoveryTests : IDisposable
{
    private static readonly SessionKey Key = new(1, 1, "s1");
    private static readonly JournalRecord[] StrangeRun =
    [
        new RunStartedRecord("run", "stranger") { Timestamp = default },
        new RequestRecord(0, [new UserPromptPart("go") { Timestamp = default }]) { Timestamp = default },
    ];

    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly InMemoryJournal _journal = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_run_whose_process_died_in_mid_answer_goes_on_in_another_before_the_eyes_of_its_listeners()
    {
        var gate = new Gate();
        await using var dying = await StartAsync(new ScriptedModel([Step.Say("one "), new Step.Pause(gate, Deaf: true), Step.Say("ghost")]));
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("one "), Step.Say("two")]));
        await dying.Client.StartAsync(Key, new RunRequest("count"));
        await gate.ReachedAsync();
        await Wait.Until(async () => (await _log.ReadAsync(Key, Cursor.Start, 10)).Events.Count == 4, "what was said is in the stream");
        var listening = heir.TranscriptAsync(Key);

        await DieAsync(dying, heir);
        const string Expected = """
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"one "}
            event {"idx":0,"event":"answer"}
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"one "}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"two"}
            event {"idx":0,"event":"llm-end"}
            end

            """;
        Assert.Equal(Expected, await listening);

        // The dead process was only paused: it finds itself fenced out and writes nothing more, neither to the stream nor to the journal.
        gate.Open();
        await Wait.Until(() => dying.Services.GetRequiredService<RunHost>().Count == 0, "the old run gives up");
        Assert.Equal(Expected, await heir.TranscriptAsync(Key));
        Assert.Equal("one two", Assert.IsType<TextPart>(Assert.IsType<ModelResponse>((await HistoryAsync()).Messages[^1]).Parts.Single()).Content);
    }

    [Fact]
    public async Task Finished_tools_are_not_called_again_and_the_one_under_way_is_with_the_same_id()
    {
        var hanging = new Gate();
        List<string> calls = [];
        await using var dying = await StartAsync(
            new ScriptedModel([Step.Call("c1", "count"), Step.Call("c2", "hang")]),
            agent => agent.WithTool(Count, "count").WithTool(() => Hang(hanging), "hang"));
        var model = new ScriptedModel([Step.Say("done")]);
        await using var heir = await StartAsync(
            model, agent => agent.WithTool(Count, "count").WithTool((ToolCall call) => $"again {call.Id}", "hang"));
        await dying.Client.StartAsync(Key, new RunRequest("go"));
        await hanging.ReachedAsync();
        await Wait.Until(async () => (await _journal.ReadAsync(Key, 0)).OfType<ToolResultRecord>().Any(), "the first tool's result is kept");
        await Wait.Until(async () => (await _log.ReadAsync(Key, Cursor.Start, 10)).Events.Count == 5, "the calls are in the stream");

        var listening = heir.TranscriptAsync(Key);
        await DieAsync(dying, heir);
        Assert.EndsWith(
            """
            event {"idx":0,"event":"llm-end"}
            info {"msg":"resumed","idx":1}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"count","tool_call_id":"c1","content":1}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"hang","tool_call_id":"c2","content":"again c2"}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"done"}
            event {"idx":1,"event":"answer"}
            event {"idx":1,"event":"llm-end"}
            end

            """,
            await listening,
            StringComparison.Ordinal);
        Assert.Equal(["c1"], calls);
        hanging.Open();

        int Count(ToolCall call)
        {
            calls.Add(call.Id);
            return calls.Count;
        }
    }

    [Fact]
    public async Task A_tool_that_may_not_be_replayed_is_told_as_interrupted()
    {
        var hanging = new Gate();
        await using var dying = await StartAsync(
            new ScriptedModel([Step.Call("c1", "pay")]), agent => agent.WithTool(() => Hang(hanging), "pay", InterruptedToolCall.Report));
        var model = new ScriptedModel([Step.Say("sorry")]);
        await using var heir = await StartAsync(
            model, agent => agent.WithTool(string () => throw new InvalidOperationException("paid twice"), "pay", InterruptedToolCall.Report));
        await dying.Client.StartAsync(Key, new RunRequest("go"));
        await hanging.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);
        await DieAsync(dying, heir);
        Assert.Contains("\"tool_call_id\":\"c1\",\"content\":\"interrupted\"", await listening, StringComparison.Ordinal);
        Assert.Equal("interrupted", model.Requests.Single().Messages[^1].Contents.Cast<FunctionResultContent>().Single().Result);
        hanging.Open();
    }

    [Fact]
    public async Task A_response_that_was_kept_but_not_shown_is_shown_from_the_journal_and_not_paid_for_twice()
    {
        var gate = new Gate();
        var stuck = new StuckJournal(_journal, gate, record => record is ResponseRecord);
        await using var dying = await StartAsync(new ScriptedModel([Step.Think("hm"), Step.Say("all "), Step.Say("said")]), journal: stuck);
        var model = new ScriptedModel();
        await using var heir = await StartAsync(model);
        await dying.Client.StartAsync(Key, new RunRequest("go"));
        await gate.ReachedAsync();
        var listening = heir.TranscriptAsync(Key);
        await DieAsync(dying, heir);
        Assert.EndsWith(
            """
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"hm"}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"text","content":"all said"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await listening,
            StringComparison.Ordinal);
        Assert.Empty(model.Requests);
        gate.Open();
    }

    [Fact]
    public async Task A_log_and_a_journal_that_are_away_while_a_run_is_taken_over_are_waited_for()
    {
        var looks = 0;
        var away = FailingStore.Around(_log, (call, arguments) => call == nameof(IStreamStore.ReadAsync) && arguments[2] is NodeCounter.Page && Interlocked.Increment(ref looks) == 1);
        var journal = new StuckJournal(_journal, new Gate(), _ => false) { FailedReads = 1 };
        await using var heir = await StartAsync(new ScriptedModel([Step.Say("done")]), journal: journal, log: away);
        var token = await OrphanAsync("dead", [new RunStartedRecord("run", "scripted") { Timestamp = default }, new RequestRecord(0, []) { Timestamp = default }]);
        await LookAsync(heir);
        Assert.Equal(
            """
            begin {"session_id":"s1"}
            info {"msg":"resumed","idx":0}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"done"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"llm-end"}
            end

            """,
            await heir.TranscriptAsync(token.Key));
        Assert.Equal((2, 0), (looks, journal.FailedReads));
    }

    private static Task Hang(Gate gate)
    {
        gate.Reached();
        return gate.OpenedAsync(CancellationToken.None);
    }

    private static Task<bool> LookAsync(TestSilos silos) =>
        silos.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single().LookAsync(CancellationToken.None);

    private Task<TestSilos> StartAsync(
        IChatClient model,
        Action<AgentBuilder>? agent = null,
        ISessionJournal? journal = null,
        bool resume = true,
        IStreamStore? log = null,
        Action<AgentStreamBuilder>? others = null,
        TimeProvider? strange = null) => TestSilos.StartAsync(
        null,
        model,
        options => options.ResumeRuns = resume,
        agent ?? (_ => { }),
        services => services.AddSingleton(log ?? _log).AddSingleton(journal ?? _journal).AddSingleton(new DeferredRuns(strange ?? TimeProvider.System)),
        others);

    /// <summary>The process has gone: its lease with it, and another looks for what it left. As it is not really gone, it may renew its lease in between.</summary>
    private Task DieAsync(TestSilos dying, TestSilos heir)
    {
        var id = dying.Services.GetRequiredService<SiloIdentity>().Id;
        return Wait.Until(
            async () =>
            {
                await _log.RenewLeaseAsync(id, TimeSpan.Zero);
                await LookAsync(heir);
                return (await _log.FindOwnedAsync(id)).Count == 0;
            },
            "the run to be recovered");
    }

    /// <summary>A run of a process that died, with what it had journaled.</summary>
    private async Task<RunToken> OrphanAsync(string siloId, JournalRecord[] records, bool isCanceled = false, SessionKey? key = null)
    {
        var token = new RunToken(key ?? Key, siloId, "run");
        await _log.StartAsync(token);
        if (records.Length > 0)
        {
            await _journal.AppendAsync(token, 0, records);
        }

        Assert.Equal(isCanceled, isCanceled && await _log.CancelAsync(token.Key));
        await _log.RenewLeaseAsync(siloId, TimeSpan.Zero);
        return token;
    }

    private async Task<SessionState> HistoryAsync()
    {
        var history = new SessionState();
        await history.ReadAsync(_journal, Key);
        return history;
    }

    /// <summary>A journal that keeps a certain record, and does not get to say so.</summary>
    private sealed class StuckJournal(ISessionJournal journal, Gate gate, Func<JournalRecord, bool> stickAt) : ISessionJournal
    {
        /// <summary>How many of the next reads find it away.</summary>
        public int FailedReads { get; set; }

        public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
        {
            if (FailedReads > 0)
            {
                FailedReads--;
                throw new StorageUnavailableException("The journal is away.");
            }

            return journal.ReadAsync(key, afterVersion, cancellationToken);
        }

        public async ValueTask AppendAsync(
            RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
        {
            await journal.AppendAsync(owner, expectedVersion, records, cancellationToken);
            if (records.Any(stickAt))
            {
                gate.Reached();
                await gate.OpenedAsync(CancellationToken.None);
            }
        }

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
            journal.ListSessionsAsync(user, count, cancellationToken);

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => journal.DeleteAsync(owner, cancellationToken);
    }
}
