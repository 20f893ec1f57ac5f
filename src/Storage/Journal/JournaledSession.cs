using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>A session that a journal has records of.</summary>
/// <param name="Key">The session.</param>
/// <param name="Changed">When the last of them was added.</param>
/// <param name="Title">The beginning of the first prompt in them, on one line; null when there is none.</param>
public sealed record JournaledSession(SessionKey Key, DateTimeOffset Changed, string? Title)
{
    /// <summary>The most characters of a title.</summary>
    public const int MaxTitleLength = 80;

    /// <summary>The title that records give a session: the beginning of the first prompt in them, on one line.</summary>
    /// <param name="records">The records.</param>
    /// <returns>The title; null when there is no prompt in them.</returns>
    public static string? TitleOf(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.Select(TitleOf).FirstOrDefault(title => title is not null);
    }

    private static string? TitleOf(JournalRecord record)
    {
        var parts = record switch
        {
            RequestRecord request => request.Parts,
            ImportedRecord imported => imported.Messages.OfType<ModelRequest>().SelectMany(request => request.Parts),
            _ => [],
        };
        var text = parts.OfType<UserPromptPart>().Select(prompt => prompt.Text).FirstOrDefault(prompt => !string.IsNullOrWhiteSpace(prompt));
        return text is null ? null : OneLine(text);
    }

    private static string OneLine(string text)
    {
        // Far more than a title is not looked at, however long the prompt.
        var words = text.TrimStart()[..Math.Min(text.TrimStart().Length, MaxTitleLength * 4)].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var line = string.Join(' ', words);
        if (line.Length <= MaxTitleLength)
        {
            return line;
        }

        var end = char.IsHighSurrogate(line[MaxTitleLength - 2]) ? MaxTitleLength - 2 : MaxTitleLength - 1;
        return $"{line[..end]}…";
    }
}
