using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

public abstract partial class SessionJournalContract
{
    /// <summary>
    /// An import that says how many records it replaces (<see cref="ImportedRecord.Replaced"/>) continues the versions. A reader from before it gets it as the first record, or, from a journal that
    /// drops nothing, after those that it replaces.
    /// </summary>
    [Fact]
    public async Task An_import_takes_the_place_of_what_stands_before_it_and_versions_continue()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("1"), SampleRecords.Said("2"), SampleRecords.Said("3")]);
        await Journal.AppendAsync(run, 3, [Imported(3), SampleRecords.Said("5")]);
        foreach (var after in (long[])[0, 2, 3])
        {
            Assert.Equal(["5"], AfterImport(await Journal.ReadAsync(run.Key, after), after, 3));
        }

        Assert.Equal(["5"], await SaidAsync(run.Key, 4));
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 2, [SampleRecords.Said("x")]).AsTask());
        await Journal.AppendAsync(run, 5, [SampleRecords.Said("6")]);
        Assert.Equal(["5", "6"], await SaidAsync(run.Key, 4));

        // Also what came in the same append; and the same for the next process.
        await Journal.AppendAsync(run, 6, [SampleRecords.Said("7"), Imported(7), SampleRecords.Said("9")]);
        Assert.Equal(["9"], AfterImport(await Journal.ReadAsync(run.Key, 0), 0, 7));
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(["9"], AfterImport(await again.ReadAsync(run.Key, 0), 0, 7));
            await again.AppendAsync(run, 9, [SampleRecords.Said("10")]);
            Assert.Equal(["10"], Said(await again.ReadAsync(run.Key, 9)));
        }
    }

    /// <summary>An import that does not say what it replaces, as an older version wrote it, is a record like others.</summary>
    [Fact]
    public async Task An_import_that_replaces_nothing_leaves_what_stands_before_it()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("1")]);
        await Journal.AppendAsync(run, 1, [Imported(null)]);
        Assert.Equal(2, (await Journal.ReadAsync(run.Key, 0)).Count);
    }

    /// <summary>A reader that needs no imported messages gets all that there is but for them.</summary>
    [Fact]
    public async Task A_reader_that_needs_no_imported_messages_gets_everything_else()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.AppendAsync(run, 0, [Imported(null, "old"), SampleRecords.Said("2")]);
        Assert.Equal(2, (await Journal.ReadWithoutImportsAsync(run.Key, 0)).Count);
        await Journal.AppendAsync(run, 2, [Imported(2, new string('x', 100_000)), SampleRecords.Said("4"), SampleRecords.Said("5")]);
        foreach (var after in (long[])[0, 2])
        {
            var records = await Journal.ReadWithoutImportsAsync(run.Key, after);
            Assert.Equal(["4", "5"], AfterImport(records, after, 2));
            Assert.All(records.OfType<ImportedRecord>(), imported => Assert.Equal(SampleRecords.Time, imported.Timestamp));
        }

        Assert.Equal(["5"], Said(await Journal.ReadWithoutImportsAsync(run.Key, 4)));
    }

    /// <summary>What was said after the last import. Before that there is nothing, or, where nothing was dropped, every record that the reader does not have.</summary>
    private static IEnumerable<string> AfterImport(IReadOnlyList<JournalRecord> records, long after, long replaced)
    {
        var at = records.Index().Last(record => record.Item is ImportedRecord).Index;
        Assert.Equal(replaced, ((ImportedRecord)records[at]).Replaced);
        Assert.Contains(at, (long[])[0, replaced - after]);
        return Said(records.Skip(at + 1));
    }
}
