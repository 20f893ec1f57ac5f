using System.Text.Json;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

/// <summary>Records for tests: of every type, with parts of every kind.</summary>
public static class SampleRecords
{
    /// <summary>The time that the records have, to the microsecond.</summary>
    public static DateTimeOffset Time { get; } = new(2026, 3, 4, 5, 6, 7, 891, 234, TimeSpan.Zero);

    private static readonly JsonElement SomeJson = JsonElement.Parse("""{"a":[1,2.50,null,"line\nbreak"],"":{}}""");

    /// <summary>Makes the key of a session that nobody has used.</summary>
    /// <returns>A key of scope 1 and user 1.</returns>
    public static SessionKey NewSession() => new(1, 1, SessionKey.NewSessionId());

    /// <summary>Makes the record of a run that was accepted.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>The record.</returns>
    public static RunStartedRecord Started(string runId = "run-1") => new(runId, "assistant") { Timestamp = Time };

    /// <summary>Makes the record of a run that has ended.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="error">What the run failed with; null when it completed.</param>
    /// <returns>The record.</returns>
    public static RunEndedRecord Ended(string runId = "run-1", string? error = null) => new(runId, error) { Timestamp = Time };

    /// <summary>Makes a record that is told from others by its text: a request with that prompt.</summary>
    /// <param name="text">The prompt.</param>
    /// <returns>The record.</returns>
    public static RequestRecord Said(string text) => new(0, [new UserPromptPart(text) { Timestamp = Time }]) { Timestamp = Time };

    /// <summary>Makes records of every type that there is, among them one of a type that is not known.</summary>
    /// <returns>The records, in an order that no run has.</returns>
    public static IReadOnlyList<JournalRecord> EveryKind() =>
    [
        Started(),
        new RequestRecord(
            0,
            [
                new SystemPromptPart("be brief") { Timestamp = Time },
                new UserPromptPart("„words“ \u2028 🙂 </script>\r\n\"quoted\"") { Timestamp = Time },
                new UserPromptPart(
                    [
                        new UserText("see"),
                        new UserUrl("https://example.com/cat.png", UserUrlKind.Image) { MediaType = "image/png" },
                        new BinaryContent(new byte[] { 0, 10, 255 }, "image/png"),
                        new UnknownUserContent(JsonElement.Parse("""{"kind":"cache-point"}""")),
                    ])
                {
                    Timestamp = Time,
                },
                new UnknownRequestPart(JsonElement.Parse("""{"part_kind":"later","x":1}""")) { Timestamp = null },
            ])
        {
            Timestamp = Time,
        },
        new ResponseRecord(
            0,
            new ModelResponse(
                [
                    new ThinkingPart("hm", "signature") { Id = "t", ProviderName = "p" },
                    new TextPart("Hello") { Id = "x" },
                    new ToolCallPart("add", "c1", SomeJson),
                    new ToolCallPart("add", "c2", JsonElement.Parse("\"{\"")) { ArgsError = "is no JSON" },
                    new FilePart(new BinaryContent(new byte[] { 1, 2 }, "text/plain")) { Id = "f" },
                    new UnknownResponsePart(JsonElement.Parse("""{"part_kind":"later"}""")),
                ])
            {
                Timestamp = Time,
                RunId = "run-1",
                ModelName = "model",
                ProviderName = "provider",
                ProviderDetails = SomeJson,
                ProviderResponseId = "r1",
                FinishReason = "tool_call",
                Usage = new TokenUsage(3, 4) { CacheReadTokens = 1, CacheWriteTokens = 2, Details = new Dictionary<string, long> { ["reasoning_tokens"] = 5 } },
            })
        {
            Timestamp = Time,
        },
        new ToolResultRecord(new ToolReturnPart("add", "c1", SomeJson, ToolOutcome.Success) { Timestamp = Time, Metadata = SomeJson }) { Timestamp = Time },
        new ToolResultRecord(new RetryPromptPart("add", "c2", "is no JSON") { Timestamp = Time }) { Timestamp = Time },
        new RunResumedRecord("run-1", 1) { Timestamp = Time, Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
        Said("and then?") with { Idx = 1 },
        new ResponseRecord(1, new ModelResponse([]) { Timestamp = null }) { Timestamp = Time },
        Ended(error: "crashed - \n") with { Reason = "limit" },
        new ImportedRecord(
            [
                new ModelRequest([new UserPromptPart("old") { Timestamp = Time }]) { Timestamp = Time, Instructions = "i" },
                new ModelResponse([new TextPart("answer")]) { Timestamp = Time },
                new UnknownMessage(JsonElement.Parse("""{"kind":"later"}""")) { Timestamp = null },
            ])
        {
            Timestamp = Time,
        },
        new CarriedOverRecord([new("run-1", "k", "0A"), new("run-2")]) { Timestamp = Time },
        new CarriedOverRecord([]) { Timestamp = Time, Schedules = [new("s1", "k", "0A")] },
        new ScheduleSetRecord("s1", "agent", "ü\n", Time) { Timestamp = Time },
        new ScheduleSetRecord("s2", "agent", "go", Time)
        {
            Timestamp = Time,
            Cron = "0 9 * * MON-FRI",
            TimeZone = "Europe/Berlin",
            Created = Time.AddDays(-2),
            Last = Time.AddDays(-1),
            Claims = [new("role", "a\n"), new("role", "b")],
            IdempotencyKey = "k",
            RequestHash = "0A",
        },
        new ScheduleFiredRecord("s2", Time, Time.AddDays(1)) { Timestamp = Time },
        new ScheduleFiredRecord("s1", Time, Next: null) { Timestamp = Time },
        new ScheduleFailedRecord("s2", Time, "no\n") { Timestamp = Time },
        new ScheduleCanceledRecord("s2") { Timestamp = Time },
        Started() with { Continues = "run-0", IdempotencyKey = "k", RequestHash = "0A" },
        new RunPausedRecord(
            "run-1",
            [
                new("run-1-0", PendingRequestKind.Approval, "c1", "pay", """{"amount":5,"note":"ü\n"}"""),
                new("run-1-1", PendingRequestKind.ClientTool, "c2", "locate", "{}") { ExpiresAt = Time },
            ])
        {
            Timestamp = Time,
        },
        new AnswerRecord("run-2", "run-1-0", new ApprovalAnswer("run-1-0", IsApproved: true, Arguments: """{"amount":4}""", Memory: ApprovalMemory.Call)) { Timestamp = Time },
        new AnswerRecord("run-2", "run-1-0", new ApprovalAnswer("run-1-0", IsApproved: false, "too dear\n")) { Timestamp = Time },
        new AnswerRecord("run-2", "run-1-1", new ToolResultAnswer("c2", "null", IsError: true)) { Timestamp = Time },
        new ToolStartedRecord("c1") { Timestamp = Time },
        new RuleRevokedRecord("run-1-0") { Timestamp = Time },
        new RenamedRecord("Sums \"in my head\" 🙂") { Timestamp = Time },
        new RenamedRecord("Sums") { Timestamp = Time, IsGenerated = true },
        new UnknownRecord(JsonElement.Parse("""{"type":"later","timestamp":"2026-03-04T05:06:07Z","x":[1]}""")) { Timestamp = Time },
        Started("run-3") with { Caller = new([new("email", "anna@example.com"), new("http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "\"a\"\n")], ["refunds"]) },
        Started("run-4") with { Caller = RunCaller.Unknown },
        Started("run-5") with { Webhook = "https://hooks.example.com/a?b=\"c\"" },
        Started("run-6") with { Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
        Started("run-2") with { Tools = [new("locate", "Where is \"here\"?\n", """{"type":"object","properties":{"precise":{"type":"boolean"}}}"""), new("ask")] },
    ];
}
