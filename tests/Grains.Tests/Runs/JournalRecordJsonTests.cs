using System.Text;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Tests.Messages;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using FsCheck;
using FsCheck.Fluent;

namespace AgentStream.Grains.Tests.Runs;

/// <summary>Records as JSON.</summary>
public sealed class JournalRecordJsonTests
{
    [Fact]
    public void Every_record_comes_back_as_it_was()
    {
        foreach (var record in Samples.EveryKind())
        {
            var json = JournalRecordJson.Write(record);
            var read = JournalRecordJson.Read(json);

            Assert.IsType(record.GetType(), read);
            Assert.Equal(Text(json), Text(JournalRecordJson.Write(read)));
            Assert.DoesNotContain((byte)'\n', json);
            Assert.DoesNotContain((byte)'\r', json);
            if (record is not UnknownRecord)
            {
                Assert.Equal(record.Timestamp, read.Timestamp);
            }
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public void An_import_comes_back_as_it_was_however_long_it_is(int length)
    {
        var written = JournalRecordJson.Write(new ImportedRecord(
            [new ModelRequest([new UserPromptPart(new string('x', length)) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time }, new ModelResponse([new TextPart("y")]) { Timestamp = Samples.Time }])
        { Timestamp = Samples.Time, Replaced = 7 });
        var read = Assert.IsType<ImportedRecord>(JournalRecordJson.Read(written));
        Assert.Equal(Text(written), Text(JournalRecordJson.Write(read)));
        Assert.Equal((7, written.Length), (read.Replaced, read.Size));

        var broken = Text(written).Replace("\"user-prompt\"", "7", StringComparison.Ordinal);
        Assert.Contains("record.messages[0].parts[0].part_kind", Assert.Throws<InvalidDataException>(() => ((ImportedRecord)JournalRecordJson.Read(Encoding.UTF8.GetBytes(broken))).Messages.Count).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => JournalRecordJson.Read(written.AsMemory(..^1)));
    }

    [Fact]
    public void What_a_long_import_says_is_not_looked_at_before_somebody_asks()
    {
        var written = JournalRecordJson.Write(new ImportedRecord([new ModelRequest([new UserPromptPart(new string('x', 1_500_000)) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time, Replaced = 7 });
        var read = (ImportedRecord)JournalRecordJson.Read(Encoding.UTF8.GetBytes(Text(written).Replace("\"user-prompt\"", "7", StringComparison.Ordinal)));
        Assert.Equal(7, read.Replaced);
        Assert.Throws<InvalidDataException>(() => read.Messages[0]);
        Assert.Throws<InvalidDataException>(() => read.Messages[0]);
    }

    [Fact]
    public void A_long_record_of_another_kind_comes_back_as_it_was()
    {
        var written = JournalRecordJson.Write(Samples.Said(new string('x', 1_500_000)));
        Assert.Equal(Text(written), Text(JournalRecordJson.Write(JournalRecordJson.Read(written))));
        var later = Text(written).Replace("\"request\"", "\"note\",\"messages\":[1]", StringComparison.Ordinal);
        Assert.Equal(later, Text(JournalRecordJson.Write(Assert.IsType<UnknownRecord>(JournalRecordJson.Read(Encoding.UTF8.GetBytes(later))))));
    }

    [Fact]
    public void The_form_is_fixed()
    {
        Assert.Equal(
            """{"type":"run-started","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","agent":"assistant"}""",
            Text(JournalRecordJson.Write(Samples.Started())));
        Assert.Equal(
            """{"type":"run-started","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","agent":"assistant","tools":[{"name":"locate","description":"Where?","parameters":{"type":"object"}},{"name":"ask"}]}""",
            Text(JournalRecordJson.Write(Samples.Started() with { Tools = [new("locate", "Where?", "{ \"type\":\n\"object\" }"), new("ask")] })));
        Assert.Equal(
            """{"type":"request","timestamp":"2026-03-04T05:06:07.891234Z","idx":0,"parts":[{"content":"hi","timestamp":"2026-03-04T05:06:07.891234Z","part_kind":"user-prompt"}]}""",
            Text(JournalRecordJson.Write(Samples.Said("hi"))));
        Assert.Equal(
            """{"type":"run-resumed","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","idx":2}""",
            Text(JournalRecordJson.Write(new RunResumedRecord("run-1", 2) { Timestamp = Samples.Time })));
        Assert.Equal(
            """{"type":"run-resumed","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","idx":2,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}""",
            Text(JournalRecordJson.Write(new RunResumedRecord("run-1", 2) { Timestamp = Samples.Time, Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" })));
        Assert.Equal(
            """{"type":"run-ended","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","error":null}""",
            Text(JournalRecordJson.Write(Samples.Ended())));
        Assert.Equal(
            """{"type":"run-paused","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","requests":[{"request_id":"run-1-0","kind":"approval","tool_call_id":"c1","tool_name":"pay","args":{"amount":5}}]}""",
            Text(JournalRecordJson.Write(new RunPausedRecord("run-1", [new("run-1-0", PendingRequestKind.Approval, "c1", "pay", """{"amount":5}""")]) { Timestamp = Samples.Time })));
        Assert.Equal(
            """{"type":"answer","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-2","request_id":"run-1-0","approved":true,"remember":"tool"}""",
            Text(JournalRecordJson.Write(new AnswerRecord("run-2", "run-1-0", new ApprovalAnswer("run-1-0", true, Memory: ApprovalMemory.Tool)) { Timestamp = Samples.Time })));
    }

    [Fact]
    public void A_request_has_its_time_where_it_expires_and_is_read_without_one()
    {
        const string Old = """{"type":"run-paused","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","requests":[{"request_id":"run-1-0","kind":"approval","tool_call_id":"c1","tool_name":"pay","args":{}}]}""";
        var record = (RunPausedRecord)JournalRecordJson.Read(Encoding.UTF8.GetBytes(Old));
        var request = Assert.Single(record.Requests);
        Assert.Null(request.ExpiresAt);

        var expires = record with { Requests = [request with { ExpiresAt = Samples.Time.ToOffset(TimeSpan.FromHours(2)) }] };
        var written = Text(JournalRecordJson.Write(expires));
        Assert.Equal(Old.Replace("""{}}]}""", """{},"expires_at":"2026-03-04T05:06:07.891234Z"}]}""", StringComparison.Ordinal), written);
        Assert.Equal(Samples.Time, ((RunPausedRecord)JournalRecordJson.Read(Encoding.UTF8.GetBytes(written))).Requests[0].ExpiresAt);
    }

    [Fact]
    public void Requests_and_answers_come_back_as_they_were()
    {
        foreach (var record in Samples.EveryKind())
        {
            var read = JournalRecordJson.Read(JournalRecordJson.Write(record));
            if (record is RunPausedRecord paused)
            {
                Assert.Equal(paused.Requests, ((RunPausedRecord)read).Requests);
            }
            else if (record is RunStartedRecord { Tools.Count: > 0 } started)
            {
                Assert.Equal(started.Tools, ((RunStartedRecord)read).Tools);
            }
            else if (record is RunStartedRecord { Caller: { } caller })
            {
                Assert.Equal(caller.Claims, ((RunStartedRecord)read).Caller!.Claims);
                Assert.Equal(caller.Policies, ((RunStartedRecord)read).Caller!.Policies);
            }
            else if (record is AnswerRecord or RunStartedRecord or ToolStartedRecord or RuleRevokedRecord or RenamedRecord)
            {
                Assert.Equal(record, read);
            }
        }
    }

    [Fact]
    public void What_a_part_is_survives_the_journal()
    {
        var records = Samples.EveryKind().Select(record => JournalRecordJson.Read(JournalRecordJson.Write(record))).ToArray();

        var request = Assert.IsType<RequestRecord>(records[1]);
        Assert.Equal(
            [typeof(SystemPromptPart), typeof(UserPromptPart), typeof(UserPromptPart), typeof(UnknownRequestPart)],
            request.Parts.Select(part => part.GetType()));
        Assert.Equal("„words“ \u2028 🙂 </script>\r\n\"quoted\"", ((UserPromptPart)request.Parts[1]).Text);
        Assert.Equal(new byte[] { 0, 10, 255 }, ((BinaryContent)((UserPromptPart)request.Parts[2]).Content[2]).Data.ToArray());

        var response = Assert.IsType<ResponseRecord>(records[2]).Response;
        Assert.Equal(
            [typeof(ThinkingPart), typeof(TextPart), typeof(ToolCallPart), typeof(ToolCallPart), typeof(FilePart), typeof(UnknownResponsePart)],
            response.Parts.Select(part => part.GetType()));
        Assert.Equal("signature", ((ThinkingPart)response.Parts[0]).Signature);
        Assert.Equal("is no JSON", ((ToolCallPart)response.Parts[3]).ArgsError);
        Assert.Equal((3, 4, 5), (response.Usage!.InputTokens, response.Usage.OutputTokens, response.Usage.Details["reasoning_tokens"]));

        Assert.Equal("c1", Assert.IsType<ToolReturnPart>(Assert.IsType<ToolResultRecord>(records[3]).Result).ToolCallId);
        Assert.Equal("is no JSON", Assert.IsType<RetryPromptPart>(Assert.IsType<ToolResultRecord>(records[4]).Result).Text);
        Assert.Equal(new RunEndedRecord("run-1", "crashed - \n") { Timestamp = Samples.Time, Reason = "limit" }, records[8]);
        Assert.Equal("i", Assert.IsType<ModelRequest>(Assert.IsType<ImportedRecord>(records[9]).Messages[0]).Instructions);
    }

    [Fact]
    public void A_history_of_any_form_comes_through_the_journal_as_it_was() =>
        Prop.ForAll(GeneratedHistories.Arbitrary, json =>
        {
            var messages = ModelMessages.FromJson(Encoding.UTF8.GetBytes(json));
            var read = (ImportedRecord)JournalRecordJson.Read(JournalRecordJson.Write(new ImportedRecord(messages) { Timestamp = Samples.Time }));
            return Text(ModelMessages.ToJson(messages)) == Text(ModelMessages.ToJson(read.Messages));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_history_of_the_deepest_nesting_can_be_kept()
    {
        // The list, the message, its parts and the part are four levels.
        var depth = Protocol.MaxJsonDepth - 4;
        var json = $$"""[{"kind":"response","parts":[{"part_kind":"later","x":{{new string('[', depth)}}{{new string(']', depth)}}}]}]""";
        var messages = ModelMessages.FromJson(Encoding.UTF8.GetBytes(json));

        var read = JournalRecordJson.Read(JournalRecordJson.Write(new ImportedRecord(messages) { Timestamp = Samples.Time }));

        Assert.Equal(json, Text(ModelMessages.ToJson(Assert.IsType<ImportedRecord>(read).Messages)));
    }

    [Theory]
    [InlineData("""{"type":"later","timestamp":"2026-03-04T05:06:07Z","x":[1.0]}""")]
    [InlineData("""{"type":"tool-result","timestamp":"2026-03-04T05:06:07Z","result":{"part_kind":"later"}}""")]
    public void A_record_of_a_later_version_is_kept_and_counts_and_says_nothing(string json)
    {
        var record = JournalRecordJson.Read(Encoding.UTF8.GetBytes(json));
        Assert.IsType<UnknownRecord>(record);
        Assert.Equal(json, Text(JournalRecordJson.Write(record)));

        var history = new SessionState();
        history.Apply(Samples.Said("hi"));
        history.Apply(record);
        history.Apply(new ResponseRecord(0, new ModelResponse([new TextPart("yes")]) { Timestamp = null }) { Timestamp = Samples.Time });
        Assert.Equal((3, 2), (history.Version, history.Messages.Count));
    }

    [Fact]
    public void Fields_of_a_later_version_are_passed_over()
    {
        var json = """{"later":{},"idx":3.0,"run_id":"r","timestamp":"2026-03-04T05:06:07Z","type":"run-resumed"}"""u8.ToArray();
        Assert.Equal(new RunResumedRecord("r", 3) { Timestamp = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero) }, JournalRecordJson.Read(json));
    }

    [Theory]
    [InlineData("", "tokens")]
    [InlineData("{", "depth")]
    [InlineData("[]", "record must be an object")]
    [InlineData("{}", "record.type must be a string")]
    [InlineData("""{"type":"run-started"}""", "record.timestamp must be given")]
    [InlineData("""{"type":"run-started","timestamp":"2026-03-04T05:06:07Z"}""", "record.run_id must be a string")]
    [InlineData("""{"type":"run-resumed","timestamp":"2026-03-04T05:06:07Z","run_id":"r","idx":-1}""", "record.idx must be a whole number")]
    [InlineData("""{"type":"request","timestamp":"2026-03-04T05:06:07Z","idx":0,"parts":[{}]}""", "record.parts[0].part_kind must be a string")]
    [InlineData("""{"type":"response","timestamp":"2026-03-04T05:06:07Z","idx":0,"response":{"kind":"request","parts":[]}}""", "record.response must be a response")]
    [InlineData("""{"type":"run-ended","timestamp":"2026-03-04T05:06:07Z","run_id":"\ud800"}""", "surrogate")]
    public void What_is_no_record_is_an_error_that_names_the_place(string json, string expected)
    {
        var error = Assert.Throws<InvalidDataException>(() => JournalRecordJson.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resumes_are_counted_for_the_last_run()
    {
        var history = new SessionState();
        foreach (var record in (JournalRecord[])[Samples.Started(), Resumed(), Resumed()])
        {
            history.Apply(record);
        }

        Assert.Equal(2, history.Unfinished?.Resumes);
        history.Apply(Samples.Started("run-2"));
        Assert.Equal(0, history.Unfinished?.Resumes);

        static RunResumedRecord Resumed() => new("run-1", 0) { Timestamp = Samples.Time };
    }

    [Fact]
    public void A_record_that_somebody_else_derived_is_refused() =>
        Assert.Throws<ArgumentException>(() => JournalRecordJson.Write(new OwnRecord { Timestamp = Samples.Time }));

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);

    private sealed record OwnRecord : JournalRecord;
}
