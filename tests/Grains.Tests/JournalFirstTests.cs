using System.Text;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>What is announced is in the journal already.</summary>
public sealed class JournalFirstTests
{
    [Fact]
    public async Task A_response_is_in_the_journal_before_its_llm_end_is_announced() =>
        Assert.EndsWith(
            "\"tool_name\":\"count\",\"tool_call_id\":\"c1\",\"args\":{}}",
            await AnnouncedBeforeAsync(record => record is ResponseRecord { Idx: 0 }, "tool-call"),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_tool_result_is_in_the_journal_before_it_is_announced() =>
        Assert.EndsWith(
            """{"idx":0,"event":"llm-end"}""",
            await AnnouncedBeforeAsync(record => record is ToolResultRecord, "llm-end"),
            StringComparison.Ordinal);

    [Fact]
    public async Task The_end_of_a_run_is_in_the_journal_before_it_is_announced() =>
        Assert.EndsWith(
            """{"idx":1,"event":"llm-end"}""",
            await AnnouncedBeforeAsync(record => record is RunEndedRecord, "\"idx\":1,\"event\":\"llm-end\""),
            StringComparison.Ordinal);

    [Fact]
    public async Task What_was_said_before_a_failure_is_kept_with_the_runs_end_in_one_step()
    {
        // Alone it would look like a whole response to who recovers the run when the process dies in between.
        var gate = new Gate();
        var journal = new GatedJournal(gate, record => record is ResponseRecord);
        await using var silos = await TestSilos.StartAsync(null, new ScriptedModel([Step.Say("half a "), new Step.Fail("broken")]), _ => { }, _ => { }, journal.AddTo);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        var before = (await journal.ReadAsync(key, 0)).Count;
        Assert.Equal(2, journal.Stopped.Count);
        Assert.IsType<RunEndedRecord>(journal.Stopped[1]);

        gate.Open();
        Assert.Contains("error {\"msg\":\"crashed - broken\",\"reason\":\"model_failed\"}", await silos.TranscriptAsync(key), StringComparison.Ordinal);
        Assert.Equal(before + 2, (await journal.ReadAsync(key, 0)).Count);
    }

    [Fact]
    public async Task What_a_run_said_is_in_the_stream_before_its_end_is_in_the_journal()
    {
        using var log = new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System);

        // Away for the last words, once: they come with the next try, and the end is not journaled meanwhile.
        var failures = 0;
        var away = FailingStore.Around(log, (call, arguments) =>
            call == nameof(IStreamStore.AppendAsync)
            && ((IReadOnlyList<NewEntry>)arguments[2]!).Any(item => Encoding.UTF8.GetString(item.Body.Span).Contains("llm-end", StringComparison.Ordinal))
            && Interlocked.Increment(ref failures) == 1);
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("last words")]), _ => { }, _ => { }, services =>
            {
                new GatedJournal(gate, record => record is RunEndedRecord).AddTo(services);
                services.AddSingleton(away);
            });
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.EndsWith("event {\"idx\":0,\"event\":\"llm-end\"}\n", await ReadAsync(log, key), StringComparison.Ordinal);
        Assert.Equal(2, failures);
        gate.Open();
        await silos.TranscriptAsync(key);
    }

    /// <summary>What stands last in the stream when the journal has not taken a record yet; what the record announces comes only then.</summary>
    private static async Task<string> AnnouncedBeforeAsync(Func<JournalRecord, bool> record, string last)
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Call("c1", "count")], [Step.Say("1")]),
            _ => { },
            agent => agent.WithTool(() => 1, "count"),
            new GatedJournal(gate, record).AddTo);
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();

        var before = "";
        var log = silos.Services.GetRequiredService<IStreamStore>();
        await Wait.Until(async () => (before = await ReadAsync(log, key)).Contains(last, StringComparison.Ordinal), last);

        gate.Open();
        var whole = await silos.TranscriptAsync(key);
        Assert.StartsWith(before, whole, StringComparison.Ordinal);
        Assert.True(whole.Length > before.Length);
        return before.TrimEnd();
    }

    private static async Task<string> ReadAsync(IStreamStore log, SessionKey key)
    {
        var slice = await log.ReadAsync(key, Cursor.Start, 100);
        return string.Concat(slice.Events.Select(item => $"{item.Type} {Encoding.UTF8.GetString(item.Body.Span)}\n"));
    }
}
