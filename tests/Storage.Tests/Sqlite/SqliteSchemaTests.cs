using AgentStream.Storage.Sqlite;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>Each part of a program has tables of its own, and they change without the others.</summary>
public sealed class SqliteSchemaTests : IDisposable
{
    private const string First = "CREATE TABLE keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; INSERT INTO keys VALUES (1, 'a')";
    private const string Second = "ALTER TABLE keys ADD COLUMN secret TEXT; UPDATE keys SET secret = name || '!'";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");

    private string File => Path.Combine(_folder.FullName, "sessions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Tables_are_made_once_and_changed_step_by_step()
    {
        using (var database = SqliteDatabase.Open(File))
        {
            _ = new SqliteJournal(database);
            database.Add(new SqliteSchema("keys", [First]));
            database.Add(new SqliteSchema("keys", [First]));
        }

        using (var database = SqliteDatabase.Open(File))
        {
            database.Add(new SqliteSchema("keys", [First, Second]));
            Assert.Equal(["a!"], await database.ReadAsync(statements => statements.Query("SELECT secret FROM keys", row => row.GetString(0))));
        }
    }

    [Fact]
    public async Task A_part_that_this_program_does_not_know_does_no_harm()
    {
        var run = new RunToken(Samples.NewSession(), "silo-1", "run-1");
        using (var database = SqliteDatabase.Open(File))
        {
            database.Add(new SqliteSchema("later", ["CREATE TABLE later (x INTEGER) STRICT"]));
            await new SqliteJournal(database).AppendAsync(run, 0, [Samples.Said("1")]);
        }

        using var again = SqliteDatabase.Open(File);
        Assert.Single(await new SqliteJournal(again).ReadAsync(run.Key, 0));
    }

    [Fact]
    public void A_newer_version_of_a_part_is_refused_with_a_sentence()
    {
        using var database = SqliteDatabase.Open(File);
        database.Add(new SqliteSchema("keys", [First, Second]));
        var error = Assert.Throws<IOException>(() => database.Add(new SqliteSchema("keys", [First])));
        Assert.Equal(
            $"The database '{File}' cannot be opened: a newer AgentStream wrote it, its part 'keys' in version 2, and this one knows versions up to 1.", error.Message);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_version_before_it()
    {
        using var database = SqliteDatabase.Open(File);
        database.Add(new SqliteSchema("keys", [First]));
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => database.Add(new SqliteSchema("keys", [First, "CREATE TABLE half (x); CREATE TABLE keys (x)"])));
        Assert.Empty(await database.ReadAsync(statements => statements.Query("SELECT name FROM sqlite_schema WHERE name = 'half'", row => row.GetString(0))));
        database.Add(new SqliteSchema("keys", [First, Second]));
        Assert.Equal(["a!"], await database.ReadAsync(statements => statements.Query("SELECT secret FROM keys", row => row.GetString(0))));
    }
}
