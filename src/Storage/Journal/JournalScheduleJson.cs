using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>Records of schedules as JSON.</summary>
internal static class JournalScheduleJson
{
    public static string TypeOf(ScheduleRecord record) => record switch
    {
        ScheduleSetRecord => JournalRecordTypes.ScheduleSet,
        ScheduleFiredRecord => JournalRecordTypes.ScheduleFired,
        ScheduleFailedRecord => JournalRecordTypes.ScheduleFailed,
        ScheduleCanceledRecord => JournalRecordTypes.ScheduleCanceled,
        _ => throw new ArgumentException($"A journal does not keep a {record.GetType().Name}.", nameof(record)),
    };

    public static void Write(Utf8JsonWriter json, ScheduleRecord record)
    {
        json.WriteString("id", record.Id);
        switch (record)
        {
            case ScheduleSetRecord set:
                json.WriteString("agent", set.Agent);
                json.WriteString("prompt", set.Prompt);
                Write(json, "next", set.Next);
                Write(json, "cron", set.Cron);
                Write(json, "time_zone", set.TimeZone);
                Write(json, "created", set.Created);
                Write(json, "last", set.Last);
                if (set.Claims is { } claims)
                {
                    json.WritePropertyName("claims");
                    JsonSerializer.Serialize(json, claims);
                }

                Write(json, "idempotency_key", set.IdempotencyKey);
                Write(json, "request_hash", set.RequestHash);
                break;
            case ScheduleFiredRecord fired:
                Write(json, "at", fired.At);
                Write(json, "next", fired.Next);
                break;
            case ScheduleFailedRecord failed:
                Write(json, "at", failed.At);
                json.WriteString("error", failed.Error);
                break;
        }
    }

    /// <summary>Reads a record; null for one that is about something else.</summary>
    public static ScheduleRecord? Read(string type, JsonPlace place, DateTimeOffset timestamp) => type switch
    {
        JournalRecordTypes.ScheduleSet => new ScheduleSetRecord(Id(place), place.Field("agent").Text(), place.Field("prompt").Text(), Time(place.Field("next")))
        {
            Timestamp = timestamp,
            Cron = place.Field("cron").TextOrNull(),
            TimeZone = place.Field("time_zone").TextOrNull(),
            Created = place.Field("created").Time(),
            Last = place.Field("last").Time(),
            Claims = place.Field("claims") is { IsMissing: false } claims ? [.. claims.Items().Select(RunCaller.ReadClaim)] : null,
            IdempotencyKey = place.Field("idempotency_key").TextOrNull(),
            RequestHash = place.Field("request_hash").TextOrNull(),
        },
        JournalRecordTypes.ScheduleFired => new ScheduleFiredRecord(Id(place), Time(place.Field("at")), place.Field("next").Time()) { Timestamp = timestamp },
        JournalRecordTypes.ScheduleFailed => new ScheduleFailedRecord(Id(place), Time(place.Field("at")), place.Field("error").Text()) { Timestamp = timestamp },
        JournalRecordTypes.ScheduleCanceled => new ScheduleCanceledRecord(Id(place)) { Timestamp = timestamp },
        _ => null,
    };

    private static string Id(JsonPlace place) => place.Field("id").Text();

    private static DateTimeOffset Time(JsonPlace place) => place.Time() ?? throw place.Error("must be given");

    private static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
