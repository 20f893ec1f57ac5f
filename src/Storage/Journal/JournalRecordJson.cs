using System.Buffers;
using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>
/// A record as JSON: one minified object on one line, <c>{"type":"run-started","timestamp":...}</c>. For journals that keep text, also those of others.
/// </summary>
public static partial class JournalRecordJson
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
        using var buffer = new ChunkedBuffer();
        Write(record, buffer);
        return buffer.ToArray();
    }

    /// <summary>Reads a record. What it does not know does no harm: fields are passed over, a record of another type is an <see cref="UnknownRecord"/>.</summary>
    /// <param name="json">UTF-8 JSON: an object. It must not change: what a long import says is read from it when somebody asks.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidDataException">
    /// It is no record; the message says what is wrong, and where. What a long import says is read when it is asked for, and throws then.
    /// </exception>
    public static JournalRecord Read(ReadOnlyMemory<byte> json)
    {
        return Checked(() => json.Length < LongLength ? Parse(json.Span) : ReadLong(json)) with { Size = json.Length };
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

                if (started.Traceparent is not null)
                {
                    json.WriteString("traceparent", started.Traceparent);
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
                if (resumed.Traceparent is not null)
                {
                    json.WriteString("traceparent", resumed.Traceparent);
                }

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
