using System.Text;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Journal;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>The journal in SQLite keeps the contract, and knows what a file of one process has to know.</summary>
public sealed class SqliteJournalTests : JournalContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly RunToken _run = new(Samples.NewSession(), "silo-1", "run-1");
    private SqliteDatabase _database;
    private SqliteJournal _journal;

    public SqliteJournalTests() => (_database, _journal) = Open();

    protected override ISessionJournal Journal => _journal;

    protected override bool ListsUnfinished => true;

    protected override bool KnowsRepeatedAppends => true;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_import_that_is_repeated_is_kept_once()
    {
        JournalRecord[] records = [Samples.Said("2"), Imported(2), Samples.Said("4")];
        await _journal.AppendAsync(_run, 0, [Samples.Said("1")]);
        await _journal.AppendAsync(_run, 1, records);
        var usage = await _journal.GetUsageAsync(new(_run.Key.Scope, _run.Key.User));
        await _journal.AppendAsync(_run, 1, records);
        Assert.Equal(["4"], await SaidAsync(_run.Key, 3));
        Assert.Equal(usage, await _journal.GetUsageAsync(new(_run.Key.Scope, _run.Key.User)));
        await Assert.ThrowsAsync<OwnershipLostException>(() => _journal.AppendAsync(_run, 1, [Samples.Said("2"), Imported(2), Samples.Said("x")]).AsTask());
    }

    [Theory]
    [InlineData("run-2", 0, "a", "1", "2")]
    [InlineData("run-1", 1, "a", "1", "2")]
    [InlineData("run-1", 0, "a", "1", "3")]
    [InlineData("run-1", 0, "b", "1")]
    [InlineData("run-1", 0, "b", "1", "2", "3")]
    public async Task An_append_of_another_run_of_another_turn_or_of_other_records_is_no_repetition(string run, int turn, string _, params string[] texts)
    {
        await _journal.AppendAsync(_run, 0, [Samples.Said("1"), Samples.Said("2")]);
        await Assert.ThrowsAsync<OwnershipLostException>(() =>
            _journal.AppendAsync(_run with { RunId = run, Turn = turn }, 0, [.. texts.Select(Samples.Said)]).AsTask());
        Assert.Equal(["1", "2"], await SaidAsync(_run.Key));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_an_error_that_names_it_and_changes_nothing()
    {
        await _journal.AppendAsync(_run, 0, [Samples.Said("1"), Samples.Said("2"), Samples.Said("3")]);
        await _database.WriteAsync(statements => statements.Execute("UPDATE records SET record = '{\"type\":]' WHERE version = 2"));

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => _journal.ReadAsync(_run.Key, 0).AsTask());
        Assert.StartsWith($"Record 2 of session {_run.Key}: This is no record of a journal: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(["3"], await SaidAsync(_run.Key, 2));
    }

    [Fact]
    public async Task What_was_appended_before_the_file_was_closed_is_kept_and_a_closed_journal_says_so()
    {
        var appends = Enumerable.Range(0, 100).Select(version => _journal.AppendAsync(_run, version, [Samples.Said($"{version}")]).AsTask()).ToArray();
        _database.Dispose();
        await Task.WhenAll(appends).Within();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _journal.AppendAsync(_run, 100, [Samples.Said("x")]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _journal.ReadAsync(_run.Key, 0).AsTask());

        (_database, _journal) = Open();
        Assert.Equal(Enumerable.Range(0, 100).Select(version => $"{version}"), await SaidAsync(_run.Key));
    }

    [Fact]
    public async Task Nothing_to_append_is_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _journal.AppendAsync(_run, 0, []).AsTask());

    [Fact]
    public async Task Records_are_text_in_the_file_for_other_programs_to_read()
    {
        await _journal.AppendAsync(_run, 0, [Samples.Started()]);
        Assert.Equal(
            ["text", """{"type":"run-started","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","agent":"assistant"}"""],
            await _database.ReadAsync(statements => statements.Query<string[]>("SELECT typeof(record), record FROM records", row => [row.GetString(0), row.GetString(1)])[0]));
    }

    [Fact]
    public async Task A_reader_that_needs_no_imported_messages_does_not_get_them()
    {
        await _journal.AppendAsync(_run, 0, [Imported(null, new string('a', 100_000)), Samples.Said("2"), Large("c")]);
        var records = await _journal.ReadWithoutImportsAsync(_run.Key, 0);
        Assert.Empty(Assert.IsType<ImportedRecord>(records[0]).Messages);
        Assert.InRange(records[0].Size, 1, 200);
        Assert.Equal(["2", Text("c")], Said(records.Skip(1)));
        Assert.Single(((ImportedRecord)(await _journal.ReadAsync(_run.Key, 0))[0]).Messages);
    }

    [Fact]
    public async Task Long_records_are_in_pieces_which_go_with_them()
    {
        await _journal.AppendAsync(_run, 0, [Large("a"), Samples.Said("2")]);
        Assert.Equal(["1:65536", $"1:{JournalRecordJson.Write(Large("a")).Length - 65_536}"], await PiecesAsync());
        await _journal.AppendAsync(_run, 2, [Imported(2, Text("b"))]);
        Assert.All(await PiecesAsync(), piece => Assert.StartsWith("3:", piece, StringComparison.Ordinal));
        Assert.NotEmpty(await PiecesAsync());

        await _journal.DeleteAsync(_run);
        Assert.Empty(await PiecesAsync());
        await _journal.AppendAsync(_run, 0, [Samples.Said("1")]);
        Assert.Equal(["1"], await SaidAsync(_run.Key));
    }

    [Fact]
    public async Task A_long_record_of_a_file_that_had_no_pieces_is_read()
    {
        await _journal.AppendAsync(_run, 0, [Samples.Said("x"), Samples.Said("2")]);
        var old = Encoding.UTF8.GetString(JournalRecordJson.Write(Large("a")));
        await _database.WriteAsync(statements => statements.Execute("UPDATE records SET record = ?1 WHERE version = 1", old));
        Assert.Equal([Text("a"), "2"], await SaidAsync(_run.Key));
        Assert.Equal([Text("a"), "2"], Said(await _journal.ReadWithoutImportsAsync(_run.Key, 0)));
    }

    protected override ValueTask<ISessionJournal?> ReopenAsync()
    {
        _database.Dispose();
        (_database, _journal) = Open();
        return new(_journal);
    }

    private static string Text(string letter) => string.Concat(Enumerable.Repeat(letter, 100_000));

    private static RequestRecord Large(string letter) => Samples.Said(Text(letter));

    private Task<IReadOnlyList<string>> PiecesAsync() => _database.ReadAsync(statements => statements.Query(
        "SELECT version || ':' || length(piece) FROM pieces ORDER BY version, number", row => row.GetString(0)));

    private (SqliteDatabase, SqliteJournal) Open()
    {
        var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        return (database, new(database));
    }
}
