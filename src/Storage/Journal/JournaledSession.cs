using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>A session that a journal has records of.</summary>
/// <param name="Key">The session.</param>
/// <param name="Changed">When the last of them was added that is no <see cref="RenamedRecord"/>.</param>
/// <param name="Title">The title that it was given, or the beginning of the first prompt in them, on one line; null when there is neither.</param>
public sealed record JournaledSession(SessionKey Key, DateTimeOffset Changed, string? Title)
{
    /// <summary>The most characters of a title that is the beginning of a prompt.</summary>
    public const int MaxTitleLength = 80;

    /// <summary>The title that records give a session that has none: the last one in them, or else the beginning of the first prompt, on one line.</summary>
    /// <param name="records">The records.</param>
    /// <returns>The title; null when there is neither in them.</returns>
    public static string? TitleOf(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return NameOf(records) ?? records.Select(TitleOf).FirstOrDefault(title => title is not null);
    }

    /// <summary>The title that a prompt gives a session that has none.</summary>
    /// <param name="text">The prompt.</param>
    /// <returns>Its beginning, on one line.</returns>
    public static string TitleOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

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

    /// <summary>The title in records that takes the place of the one that the session has: that of the last <see cref="RenamedRecord"/>.</summary>
    /// <param name="records">The records.</param>
    /// <returns>The title; null when there is none in them.</returns>
    public static string? NameOf(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.OfType<RenamedRecord>().LastOrDefault()?.Title;
    }

    /// <summary>When a session changed that got records: a title alone is no change.</summary>
    /// <param name="records">The records.</param>
    /// <returns>The time; null when the session keeps the one that it has.</returns>
    public static DateTimeOffset? ChangedAt(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.LastOrDefault(record => record is not RenamedRecord)?.Timestamp;
    }

    /// <summary>Whether a session that got records has a run that has not ended, and that <see cref="ISessionJournal.ListUnfinishedAsync"/> is to find.</summary>
    /// <param name="records">The records.</param>
    /// <returns>Whether it has; null when the session stays as it is.</returns>
    public static bool? HasUnfinishedRun(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.LastOrDefault(record => record is RunStartedRecord or RunEndedRecord or RunPausedRecord or ImportedRecord) is { } last ? last is RunStartedRecord : null;
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
        return text is null ? null : TitleOf(text);
    }
}
