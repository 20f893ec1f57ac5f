namespace AgentStream.Storage.Journal;

/// <summary>Finds out what a journal need not keep any more.</summary>
internal static class ReplacedRecords
{
    /// <summary>How many records stand before the last import of an append that replaces them; 0 for none.</summary>
    /// <param name="records">The records of the append.</param>
    /// <param name="expectedVersion">The version before them.</param>
    /// <exception cref="ArgumentException">The import says another number.</exception>
    public static long Before(IReadOnlyList<JournalRecord> records, long expectedVersion)
    {
        for (var i = records.Count - 1; i >= 0; i--)
        {
            if (records[i] is ImportedRecord { Replaced: { } replaced })
            {
                return replaced == expectedVersion + i
                    ? replaced
                    : throw new ArgumentException($"The import has {expectedVersion + i} records before it, and says {replaced}.", nameof(records));
            }
        }

        return 0;
    }
}
