using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>A place in the stream, as records keep it.</summary>
internal static class JournalCursor
{
    /// <summary>Writes a field, unless there is nothing to write.</summary>
    public static void Write(Utf8JsonWriter json, string name, Cursor? cursor)
    {
        if (cursor is { } known)
        {
            json.WriteString(name, known.ToString());
        }
    }

    /// <summary>Reads a field; null when it is missing.</summary>
    public static Cursor? Read(JsonPlace place) =>
        place.TextOrNull() is not { } text ? null : Cursor.TryParse(text, out var cursor) ? cursor : throw place.Error("must be {milliseconds}-{sequence}");
}
