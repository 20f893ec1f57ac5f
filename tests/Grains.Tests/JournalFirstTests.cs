using AgentStream.EventLog;
using AgentStream.Grains.Journal;
using AgentStream.Testing;
using Microsoft.Extensions.DependencyInjection;

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
        var log = silos.Services.GetRequiredService<IEventLog>();
        await Wait.Until(async () => (before = await ReadAsync(log, key)).Contains(last, StringComparison.Ordinal), last);

        gate.Open();
        var whole = await silos.TranscriptAsync(key);
        Assert.StartsWith(before, whole, StringComparison.Ordinal);
        Assert.True(whole.Length > before.Length);
        return before.TrimEnd();
    }

    private static async Task<string> ReadAsync(IEventLog log, SessionKey key)
    {
        var slice = await log.ReadAsync(key, Cursor.Start, 100);
        return string.Concat(slice.Events.Select(item => $"{item.Type} {System.Text.Encoding.UTF8.GetString(item.Body.Span)}\n"));
    }
}
