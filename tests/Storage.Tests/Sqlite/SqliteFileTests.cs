using AgentStream.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>Which files a database takes, and what it makes of those that it does not.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly RunToken _run = new(Samples.NewSession(), "silo-1", "run-1");

    private string File => Path.Combine(_folder.FullName, "sessions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_serves_one_database_at_a_time()
    {
        using (SqliteDatabase.Open(File))
        {
            Assert.Equal($"The database '{File}' is in use by another process.", Fails());
        }

        SqliteDatabase.Open(File).Dispose();
    }

    [Fact]
    public void Two_names_of_one_file_are_one_file()
    {
        var link = Path.Combine(_folder.FullName, "link.db");
        System.IO.File.CreateSymbolicLink(link, File);
        using var database = SqliteDatabase.Open(link);
        Assert.Equal(File, database.Path);
        Assert.Equal($"The database '{File}' is in use by another process.", Fails());
    }

    [Fact]
    public void Who_wants_no_certain_file_gets_the_first_that_is_free()
    {
        using var first = SqliteDatabase.OpenFirstFree(File);
        var second = SqliteDatabase.OpenFirstFree(File);
        using var third = SqliteDatabase.OpenFirstFree(File);
        Assert.Equal(["sessions.db", "sessions.2.db", "sessions.3.db"], ((SqliteDatabase[])[first, second, third]).Select(database => Path.GetFileName(database.Path)));

        second.Dispose();
        using var again = SqliteDatabase.OpenFirstFree(File);
        Assert.Equal("sessions.2.db", Path.GetFileName(again.Path));
    }

    [Fact]
    public void Ninety_nine_files_in_use_are_enough()
    {
        // The lock is what counts.
        var locks = Enumerable.Range(1, 99).Select(number => SqliteFile.TryLock(Path.Combine(_folder.FullName, number == 1 ? "sessions.db" : $"sessions.{number}.db"))!).ToList();
        var error = Assert.Throws<IOException>(() => SqliteDatabase.OpenFirstFree(File));
        Assert.Equal($"The database '{File}' and the 98 next to it are in use by other processes.", error.Message);
        locks.ForEach(held => held.Dispose());
    }

    [Fact]
    public async Task Only_the_programs_user_can_read_what_is_made()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = Path.Combine(_folder.FullName, "made", "here");
        using var database = SqliteDatabase.Open(Path.Combine(folder, "sessions.db"));
        await new SqliteJournal(database).AppendAsync(_run, 0, [Samples.Said("secret")]);

        var files = Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), System.IO.File.GetUnixFileMode);
        Assert.Equal(["sessions.db", "sessions.db-lock", "sessions.db-shm", "sessions.db-wal"], files.Keys.Order(StringComparer.Ordinal));
        Assert.All(files.Values, mode => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode));
        Assert.Equal(SqliteFile.FolderMode, System.IO.File.GetUnixFileMode(folder));
    }

    [Fact]
    public void A_folder_that_is_there_keeps_its_mode()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Shared = SqliteFile.FolderMode | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        System.IO.File.SetUnixFileMode(_folder.FullName, Shared);
        SqliteDatabase.Open(File).Dispose();
        Assert.Equal(Shared, System.IO.File.GetUnixFileMode(_folder.FullName));
    }

    [Fact]
    public async Task A_closed_database_is_one_file_that_can_be_copied()
    {
        using (var database = SqliteDatabase.Open(File))
        {
            await new SqliteJournal(database).AppendAsync(_run, 0, [Samples.Said("1")]);
        }

        Assert.Equal(["sessions.db", "sessions.db-lock"], _folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal));
        var copy = Path.Combine(_folder.FullName, "copy.db");
        System.IO.File.Copy(File, copy);
        using var copied = SqliteDatabase.Open(copy);
        Assert.Single(await new SqliteJournal(copied).ReadAsync(_run.Key, 0));
    }

    [Fact]
    public void A_file_that_is_no_database_is_left_as_it_is()
    {
        var text = string.Concat(Enumerable.Repeat("This is a letter to my aunt.\n", 1_000));
        System.IO.File.WriteAllText(File, text);
        Assert.Equal($"The database '{File}' cannot be opened: it is no SQLite database, or is damaged.", Fails());
        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_database_of_another_program_is_left_as_it_is()
    {
        Change("CREATE TABLE aunts (name TEXT)");
        var before = System.IO.File.ReadAllBytes(File);
        Assert.Equal($"The database '{File}' cannot be opened: it belongs to another program.", Fails());
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void A_newer_format_is_refused_and_left_as_it_is()
    {
        SqliteDatabase.Open(File).Dispose();
        Change("PRAGMA user_version = 2");
        var before = System.IO.File.ReadAllBytes(File);
        Assert.Equal($"The database '{File}' cannot be opened: a newer AgentStream wrote it, in format 2, and this one knows formats up to 1.", Fails());
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void A_place_where_no_file_can_be_is_named_with_the_reason()
    {
        System.IO.File.WriteAllText(Path.Combine(_folder.FullName, "file"), "");
        var below = Path.Combine(_folder.FullName, "file", "sessions.db");
        var error = Assert.Throws<IOException>(() => SqliteDatabase.Open(below));
        Assert.StartsWith($"The database '{below}' cannot be opened: ", error.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(File);
        Assert.Equal($"The database '{File}' cannot be opened: it is a folder.", Fails());
        Assert.Equal(["file"], _folder.GetFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task A_damaged_page_fails_its_own_session_with_a_sentence_and_no_other()
    {
        var other = new RunToken(Samples.NewSession(), "silo-1", "run-2");
        using (var database = SqliteDatabase.Open(File))
        {
            var journal = new SqliteJournal(database);
            await journal.AppendAsync(other, 0, [Samples.Said("1")]);
            await journal.AppendAsync(_run, 0, [.. Enumerable.Range(0, 200).Select(i => Samples.Said($"{i} {new string('x', 500)}"))]);
        }

        // From the middle of the records to the end.
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes.AsSpan(bytes.Length / 2).Fill(0xEE);
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        using var damaged = SqliteDatabase.Open(File);
        var broken = new SqliteJournal(damaged);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => broken.ReadAsync(_run.Key, 0).AsTask());
        Assert.Equal("The database 'sessions.db' cannot be read: it is damaged.", error.Message);
        Assert.Single(await broken.ReadAsync(other.Key, 0));
    }

    [Fact]
    public void A_damaged_list_of_tables_stops_the_start_with_a_sentence()
    {
        using (var database = SqliteDatabase.Open(File))
        {
            _ = new SqliteJournal(database);
        }

        // Page 1 says what is where, and the next ones are where it is.
        var bytes = System.IO.File.ReadAllBytes(File);
        bytes.AsSpan(4_096).Fill(0xEE);
        System.IO.File.WriteAllBytes(File, bytes);
        using var damaged = SqliteDatabase.Open(File);
        var error = Assert.Throws<IOException>(() => new SqliteJournal(damaged));
        Assert.Equal($"The database '{File}' cannot be opened: it is damaged.", error.Message);
    }

    private string Fails() => Assert.Throws<IOException>(() => SqliteDatabase.Open(File)).Message;

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
