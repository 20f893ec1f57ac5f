using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>The session got a title. The last one counts, and takes the place of the first prompt.</summary>
/// <param name="Title">The title, on one line.</param>
public sealed record RenamedRecord(string Title) : JournalRecord
{
    /// <summary>Whether a model made it, and not a user. Such a title never takes the place of a user's.</summary>
    public bool IsGenerated { get; init; }

    internal static RenamedRecord Read(JsonPlace record, DateTimeOffset timestamp) =>
        new(record.Field("title").Text()) { Timestamp = timestamp, IsGenerated = record.Field("generated").Value.ValueKind == JsonValueKind.True };

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("title", Title);
        if (IsGenerated)
        {
            json.WriteBoolean("generated", true);
        }
    }
}
