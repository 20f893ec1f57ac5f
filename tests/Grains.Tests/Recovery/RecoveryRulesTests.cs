using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Tests.Recovery;

/// <summary>What becomes of a claimed run: one row for each decision.</summary>
public sealed class RecoveryRulesTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData("started", true, true, true, nameof(RecoveryDecision.Resume))]
    [InlineData("started", true, true, false, nameof(RecoveryDecision.Resume))]
    [InlineData("started", false, true, true, nameof(RecoveryDecision.Crash))]
    [InlineData("started", true, false, true, nameof(RecoveryDecision.Defer))]
    [InlineData("started", true, false, false, nameof(RecoveryDecision.Crash))]
    [InlineData("resumed twice", true, true, true, nameof(RecoveryDecision.Resume))]
    [InlineData("resumed three times", true, true, true, nameof(RecoveryDecision.Crash))]
    [InlineData("ended", true, true, true, nameof(RecoveryDecision.ShowRest))]
    [InlineData("ended", false, false, false, nameof(RecoveryDecision.ShowRest))]
    [InlineData("queued", true, true, true, nameof(RecoveryDecision.StartQueued))]
    [InlineData("empty", true, true, true, nameof(RecoveryDecision.Unknown))]
    [InlineData("another", true, true, true, nameof(RecoveryDecision.Unknown))]
    public void Each_state_has_its_decision(string journal, bool mayResume, bool isAgentKnown, bool mayDefer, string decision) =>
        Assert.Equal(decision, RecoveryRules.Decide("run", State(journal), mayResume, isAgentKnown, mayDefer, isQueued: journal == "queued").ToString());

    private static SessionState State(string journal)
    {
        var state = new SessionState();
        JournalRecord[] records = journal switch
        {
            "started" => [.. Started("run")],
            "resumed twice" => [.. Started("run"), Resumed(), Resumed()],
            "resumed three times" => [.. Started("run"), Resumed(), Resumed(), Resumed()],
            "ended" => [.. Started("run"), new RunEndedRecord("run", null) { Timestamp = Time }],
            "another" => [.. Started("other")],
            _ => [],
        };
        Array.ForEach(records, state.Apply);
        return state;
    }

    private static JournalRecord[] Started(string runId) =>
    [
        new RunStartedRecord(runId, "agent") { Timestamp = Time },
        new RequestRecord(0, [new UserPromptPart("hi") { Timestamp = Time }]) { Timestamp = Time },
    ];

    private static RunResumedRecord Resumed() => new("run", 0) { Timestamp = Time };
}
