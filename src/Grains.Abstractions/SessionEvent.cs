using System.Buffers;
using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream;

/// <summary>Something that has happened to one of a user's sessions; or that somebody who keeps a list of them has to read it anew.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Key">The session; null for <see cref="SessionEventKind.Refresh"/>.</param>
/// <param name="Time">When, by the clock of the process where it happened.</param>
/// <param name="Title">The session's title, where the process knows it: with <see cref="SessionEventKind.Created"/>, <see cref="SessionEventKind.Started"/> and <see cref="SessionEventKind.Renamed"/>.</param>
public sealed record SessionEvent(SessionEventKind Kind, SessionKey? Key, DateTimeOffset Time, string? Title = null)
{
    private const string Type = "type";
    private const string TimeField = "time";
    private const string TitleField = "title";

    // As they are on the wire. A name that is not here is of a later version, and is left out.
    private static readonly (SessionEventKind Kind, string Name)[] Names =
    [
        (SessionEventKind.Refresh, "refresh"), (SessionEventKind.Created, "created"), (SessionEventKind.Started, "started"), (SessionEventKind.Ended, "ended"),
        (SessionEventKind.Waiting, "waiting"), (SessionEventKind.Renamed, "renamed"), (SessionEventKind.Deleted, "deleted"),
    ];

    /// <summary>Writes the event as docs/http.md has it: <c>{"type","session_id","title","time"}</c>, without what is null.</summary>
    /// <returns>JSON as UTF-8, on one line.</returns>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            json.WriteStartObject();
            json.WriteString(Type, Array.Find(Names, name => name.Kind == Kind).Name);
            WriteUnlessNull(json, Protocol.Fields.SessionId, Key?.Session);
            WriteUnlessNull(json, TitleField, Title);
            json.WriteString(TimeField, Time.UtcDateTime);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToJson"/> has written.</summary>
    /// <param name="user">The user whose session it is.</param>
    /// <param name="json">JSON as UTF-8.</param>
    /// <returns>The event; null for one of a kind that this version does not know, and for anything else.</returns>
    public static SessionEvent? FromJson(UserKey user, ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(user);
        try
        {
            using var document = JsonDocument.Parse(json, JsonValues.Reading);
            var root = document.RootElement;
            var kind = Array.Find(Names, name => root.GetProperty(Type).ValueEquals(name.Name));
            var session = Text(root, Protocol.Fields.SessionId);
            return kind.Name is null || (session is null) != (kind.Kind == SessionEventKind.Refresh)
                ? null
                : new SessionEvent(kind.Kind, session is null ? null : user.Session(session), root.GetProperty(TimeField).GetDateTimeOffset(), Text(root, TitleField));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or InvalidInputException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}

/// <summary>What a <see cref="SessionEvent"/> tells.</summary>
public enum SessionEventKind
{
    /// <summary>Events may have been missed: a list of the sessions has to be read now. It is the first event, and comes again after an outage.</summary>
    Refresh,

    /// <summary>The session has its first prompt, or was imported.</summary>
    Created,

    /// <summary>A run has begun.</summary>
    Started,

    /// <summary>The run has ended.</summary>
    Ended,

    /// <summary>The run has ended, and the session waits for a person's answer, or for the result of a tool of the client.</summary>
    Waiting,

    /// <summary>The session has another title.</summary>
    Renamed,

    /// <summary>The session was deleted.</summary>
    Deleted,
}
