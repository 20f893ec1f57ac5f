using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>Reads records.</summary>
public static partial class JournalRecordJson
{
    private static JournalRecord Parse(ReadOnlySpan<byte> json) => Read(JsonPlace.Root(JsonElement.Parse(json, Reading), Root));

    /// <summary>Reads a record whose messages, if it has some, are parsed when somebody asks for them, and one by one.</summary>
    private static JournalRecord ReadLong(ReadOnlyMemory<byte> memory)
    {
        var json = memory.Span;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isMessages && json[start] == (byte)'[')
            {
                var end = (int)reader.BytesConsumed;
                return Parse([.. json[..start], .. "[]"u8, .. json[end..]]) is ImportedRecord imported
                    ? imported with { Messages = Messages(memory[start..end]) }
                    : Parse(json);
            }
        }

        return Parse(json);
    }

    private static LazyList<ModelMessage> Messages(ReadOnlyMemory<byte> messages)
    {
        var place = JsonPlace.Root(default, $"{Root}.messages");
        var items = new Lazy<List<Range>>(() => JsonItems.Find(messages.Span, place));
        return new(() => Checked(() => items.Value.Count), index => Checked(() => Message(JsonItems.Item(messages.Span, items.Value, index, place))));
    }

    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Damaged(e);
        }
    }

    private static bool IsFault(Exception e) => e is JsonException or InvalidInputException or InvalidOperationException;

    private static InvalidDataException Damaged(Exception e) => new($"This is no record of a journal: {e.Message}", e);

    private static JournalRecord Read(JsonPlace place)
    {
        var type = place.Object().Field("type").Text();
        var timestamp = place.Field("timestamp").Time() ?? throw place.Field("timestamp").Error("must be given");
        return type switch
        {
            JournalRecordTypes.RunStarted =>
                new RunStartedRecord(
                    place.Field("run_id").Text(),
                    place.Field("agent").Text(),
                    place.Field("has_waited").Value.ValueKind == JsonValueKind.True,
                    place.Field("continues").TextOrNull())
                {
                    Timestamp = timestamp,
                    IdempotencyKey = place.Field("idempotency_key").TextOrNull(),
                    RequestHash = place.Field("request_hash").TextOrNull(),
                    Tools = KeptTools.Read(place.Field(Protocol.Fields.Tools)),
                    Begin = JournalCursor.Read(place.Field("begin")),
                    Caller = RunCaller.Read(place.Field("caller")),
                    Webhook = place.Field(Protocol.Fields.Webhook).TextOrNull(),
                    Traceparent = place.Field("traceparent").TextOrNull(),
                },
            JournalRecordTypes.Request =>
                new RequestRecord(Idx(place), [.. place.Field("parts").Items().Select(RequestPart)]) { Timestamp = timestamp, Steered = JournalRequestJson.ReadPrompts(place, "steered") },
            JournalRecordTypes.Response => new ResponseRecord(Idx(place), Response(place.Field("response"))) { Timestamp = timestamp },

            // A part of another kind is the result of something that is not known here, as a record of another type is.
            JournalRecordTypes.ToolResult when RequestPart(place.Field("result")) is (ToolReturnPart or RetryPromptPart) and var result =>
                new ToolResultRecord(result) { Timestamp = timestamp },
            JournalRecordTypes.RunResumed =>
                new RunResumedRecord(place.Field("run_id").Text(), Idx(place)) { Timestamp = timestamp, Traceparent = place.Field("traceparent").TextOrNull() },
            JournalRecordTypes.RunGivenAway => new RunGivenAwayRecord(place.Field("run_id").Text()) { Timestamp = timestamp },
            JournalRecordTypes.RunEnded =>
                new RunEndedRecord(place.Field("run_id").Text(), place.Field("error").TextOrNull())
                {
                    Timestamp = timestamp,
                    Reason = place.Field("reason").TextOrNull(),
                    Last = JournalCursor.Read(place.Field("last")),
                },
            JournalRecordTypes.RunPaused =>
                new RunPausedRecord(place.Field("run_id").Text(), JournalRequestJson.ReadRequests(place)) { Timestamp = timestamp, Last = JournalCursor.Read(place.Field("last")) },
            JournalRecordTypes.Answer =>
                new AnswerRecord(place.Field("run_id").Text(), place.Field("request_id").Text(), JournalRequestJson.ReadAnswer(place)) { Timestamp = timestamp },
            JournalRecordTypes.ToolStarted => new ToolStartedRecord(place.Field("tool_call_id").Text()) { Timestamp = timestamp },
            JournalRecordTypes.RuleRevoked => new RuleRevokedRecord(place.Field("rule_id").Text()) { Timestamp = timestamp },
            JournalRecordTypes.Renamed => RenamedRecord.Read(place, timestamp),
            JournalRecordTypes.Imported =>
                new ImportedRecord([.. place.Field("messages").Items().Select(Message)]) { Timestamp = timestamp, Replaced = Replaced(place) },
            JournalRecordTypes.CarriedOver => new CarriedOverRecord(JournalRequestJson.ReadPrompts(place, "prompts"))
            {
                Timestamp = timestamp,
                Schedules = JournalRequestJson.ReadPrompts(place, "schedules"),
            },
            _ => JournalScheduleJson.Read(type, place, timestamp) ?? (JournalRecord)new UnknownRecord(place.Value) { Timestamp = timestamp },
        };
    }

    private static int Idx(JsonPlace place)
    {
        var idx = place.Field("idx");
        return idx.Value.ValueKind == JsonValueKind.Number && idx.Count() is >= 0 and <= int.MaxValue and var number
            ? (int)number
            : throw idx.Error("must be a whole number, not negative");
    }

    private static long? Replaced(JsonPlace place)
    {
        var replaced = place.Field("replaced");
        return replaced.IsMissing ? null : replaced.Value.ValueKind == JsonValueKind.Number && replaced.Value.TryGetInt64(out var number) && number >= 0
            ? number
            : throw replaced.Error("must be a whole number, not negative");
    }

    private static ModelResponse Response(JsonPlace place) =>
        Message(place) as ModelResponse ?? throw place.Error("must be a response");

    private static ModelMessage Message(JsonPlace place) => ModelMessages.ReadMessage(place.Value, place.ToString());

    private static RequestPart RequestPart(JsonPlace place) => ModelMessages.ReadRequestPart(place.Value, place.ToString());
}
