using System.Buffers;
using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>
/// A record as JSON: one minified object on one line, <c>{"type":"run-started","timestamp":...}</c>. For journals that keep text, also those of others.
/// </summary>
public static class JournalRecordJson
{
    // A record puts an object around what a history of the deepest nesting has in an array.
    private const int MaxDepth = JsonValues.MaxDepth + 1;

    // What is shorter takes little memory also as a whole.
    private const int LongLength = 1 << 20;

    private const string Root = "record";

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = MaxDepth };
    private static readonly JsonWriterOptions Writing = JsonValues.Writing with { MaxDepth = MaxDepth };

    /// <summary>Writes a record.</summary>
    /// <param name="record">The record.</param>
    /// <returns>UTF-8 JSON without a line break. The same record gives the same bytes.</returns>
    /// <exception cref="ArgumentException">It is a record of a type that somebody else has derived.</exception>
    public static byte[] Write(JournalRecord record)
    {
        var buffer = new ChunkedBuffer();
        Write(record, buffer);
        return buffer.ToArray();
    }

    /// <summary>Reads a record. What it does not know does no harm: fields are passed over, a record of another type is an <see cref="UnknownRecord"/>.</summary>
    /// <param name="json">UTF-8 JSON: an object. It is not used after the call.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidDataException">It is no record; the message says what is wrong, and where.</exception>
    public static JournalRecord Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return (json.Length < LongLength ? Parse(json) : ReadLong(json)) with { Size = json.Length };
        }
        catch (Exception e) when (e is JsonException or InvalidInputException or InvalidOperationException)
        {
            throw new InvalidDataException($"This is no record of a journal: {e.Message}", e);
        }
    }

    /// <summary>Writes a record after what a buffer has.</summary>
    /// <param name="record">The record.</param>
    /// <param name="buffer">Takes UTF-8 JSON without a line break.</param>
    /// <exception cref="ArgumentException">It is a record of a type that somebody else has derived.</exception>
    public static void Write(JournalRecord record, IBufferWriter<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(record);
        using var json = new Utf8JsonWriter(buffer, Writing);
        if (record is UnknownRecord unknown)
        {
            unknown.Json.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", TypeOf(record));
        json.WriteString("timestamp", record.Timestamp.UtcDateTime);
        switch (record)
        {
            case RunStartedRecord started:
                json.WriteString("run_id", started.RunId);
                json.WriteString("agent", started.Agent);
                if (started.HasWaited)
                {
                    json.WriteBoolean("has_waited", true);
                }

                if (started.Continues is not null)
                {
                    json.WriteString("continues", started.Continues);
                }

                if (started.IdempotencyKey is not null)
                {
                    json.WriteString("idempotency_key", started.IdempotencyKey);
                    json.WriteString("request_hash", started.RequestHash);
                }

                if (started.Tools.Count > 0)
                {
                    json.WritePropertyName(Protocol.Fields.Tools);
                    ClientToolJson.Write(json, started.Tools);
                }

                JournalCursor.Write(json, "begin", started.Begin);
                if (started.Caller is { } caller)
                {
                    json.WritePropertyName("caller");
                    caller.Write(json);
                }

                if (started.Webhook is not null)
                {
                    json.WriteString(Protocol.Fields.Webhook, started.Webhook);
                }

                break;
            case RequestRecord request:
                json.WriteNumber("idx", request.Idx);
                WriteList(json, "parts", request.Parts);
                JournalRequestJson.Write(json, "steered", request.Steered);
                break;
            case ResponseRecord response:
                json.WriteNumber("idx", response.Idx);
                json.WritePropertyName("response");
                ModelMessages.Write(json, response.Response);
                break;
            case ToolResultRecord result:
                json.WritePropertyName("result");
                ModelMessages.Write(json, result.Result);
                break;
            case RunResumedRecord resumed:
                json.WriteString("run_id", resumed.RunId);
                json.WriteNumber("idx", resumed.Idx);
                break;
            case RunGivenAwayRecord given:
                json.WriteString("run_id", given.RunId);
                break;
            case RunEndedRecord ended:
                json.WriteString("run_id", ended.RunId);
                json.WriteString("error", ended.Error);
                if (ended.Reason is not null)
                {
                    json.WriteString("reason", ended.Reason);
                }

                JournalCursor.Write(json, "last", ended.Last);
                break;
            case RunPausedRecord paused:
                json.WriteString("run_id", paused.RunId);
                JournalRequestJson.Write(json, paused.Requests);
                JournalCursor.Write(json, "last", paused.Last);
                break;
            case AnswerRecord answer:
                json.WriteString("run_id", answer.RunId);
                json.WriteString("request_id", answer.RequestId);
                JournalRequestJson.Write(json, answer.Answer);
                break;
            case ToolStartedRecord tool:
                json.WriteString("tool_call_id", tool.ToolCallId);
                break;
            case RuleRevokedRecord rule:
                json.WriteString("rule_id", rule.RuleId);
                break;
            case RenamedRecord renamed:
                renamed.Write(json);
                break;
            case ImportedRecord imported:
                if (imported.Replaced is { } replaced)
                {
                    json.WriteNumber("replaced", replaced);
                }

                WriteList(json, "messages", imported.Messages);
                break;
            case CarriedOverRecord carried:
                JournalRequestJson.Write(json, "prompts", carried.Prompts);
                JournalRequestJson.Write(json, "schedules", carried.Schedules);
                break;
            case ScheduleRecord schedule:
                JournalScheduleJson.Write(json, schedule);
                break;
        }

        json.WriteEndObject();
    }

    private static string TypeOf(JournalRecord record) => record switch
    {
        RunStartedRecord => JournalRecordTypes.RunStarted,
        RequestRecord => JournalRecordTypes.Request,
        ResponseRecord => JournalRecordTypes.Response,
        ToolResultRecord => JournalRecordTypes.ToolResult,
        RunResumedRecord => JournalRecordTypes.RunResumed,
        RunGivenAwayRecord => JournalRecordTypes.RunGivenAway,
        RunEndedRecord => JournalRecordTypes.RunEnded,
        RunPausedRecord => JournalRecordTypes.RunPaused,
        AnswerRecord => JournalRecordTypes.Answer,
        ToolStartedRecord => JournalRecordTypes.ToolStarted,
        RuleRevokedRecord => JournalRecordTypes.RuleRevoked,
        RenamedRecord => JournalRecordTypes.Renamed,
        ImportedRecord => JournalRecordTypes.Imported,
        CarriedOverRecord => JournalRecordTypes.CarriedOver,
        ScheduleRecord schedule => JournalScheduleJson.TypeOf(schedule),
        _ => throw new ArgumentException($"A journal does not keep a {record.GetType().Name}.", nameof(record)),
    };

    private static JournalRecord Parse(ReadOnlySpan<byte> json) => Read(JsonPlace.Root(JsonElement.Parse(json, Reading), Root));

    /// <summary>Reads a record whose messages, if it has some, are parsed one by one.</summary>
    private static JournalRecord ReadLong(ReadOnlySpan<byte> json)
    {
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
                    ? imported with { Messages = JsonItems.Read(json[start..end], JsonPlace.Root(default, $"{Root}.messages"), Message) }
                    : Parse(json);
            }
        }

        return Parse(json);
    }

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
                },
            JournalRecordTypes.Request =>
                new RequestRecord(Idx(place), [.. place.Field("parts").Items().Select(RequestPart)]) { Timestamp = timestamp, Steered = JournalRequestJson.ReadPrompts(place, "steered") },
            JournalRecordTypes.Response => new ResponseRecord(Idx(place), Response(place.Field("response"))) { Timestamp = timestamp },

            // A part of another kind is the result of something that is not known here, as a record of another type is.
            JournalRecordTypes.ToolResult when RequestPart(place.Field("result")) is (ToolReturnPart or RetryPromptPart) and var result =>
                new ToolResultRecord(result) { Timestamp = timestamp },
            JournalRecordTypes.RunResumed => new RunResumedRecord(place.Field("run_id").Text(), Idx(place)) { Timestamp = timestamp },
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

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<MessageElement> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            ModelMessages.Write(json, item);
        }

        json.WriteEndArray();
    }
}
