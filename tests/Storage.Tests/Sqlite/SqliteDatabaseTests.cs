using System.Buffers.Binary;
using System.Diagnostics;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>What waits together is written together, and yet fails or succeeds by itself.</summary>
public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly Lines _log = new();
    private readonly SqliteDatabase _database;
    private readonly SqliteJournal _journal;

    public SqliteDatabaseTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"), _log);
        _journal = new SqliteJournal(_database);
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Sixty_four_sessions_that_append_at_once_are_one_transaction()
    {
        var runs = Enumerable.Range(0, 64).Select(_ => NewRun()).ToArray();
        var before = Transactions();
        Task[] appends;
        using (await HoldWriterAsync())
        {
            // Three of each session, one after the other: the callers do not wait here.
            appends = [.. runs.SelectMany(run => Enumerable.Range(0, 3).Select(version => AppendAsync(run, version, $"{version}")))];
            Assert.DoesNotContain(appends, append => append.IsCompleted);
        }

        await Task.WhenAll(appends).Within();
        Assert.Equal(1, Transactions() - before);
        foreach (var run in runs)
        {
            Assert.Equal(["0", "1", "2"], await SaidAsync(run));
        }
    }

    [Fact]
    public async Task An_append_that_is_refused_fails_alone()
    {
        var (refused, others) = (NewRun(), Enumerable.Range(0, 10).Select(_ => NewRun()).ToArray());
        Task[] kept;
        Task late;
        using (await HoldWriterAsync())
        {
            kept = [.. others[..5].Append(refused).Concat(others[5..]).Select(run => AppendAsync(run, 0, "kept"))];
            late = AppendAsync(refused with { RunId = "another" }, 0, "late");
        }

        await Task.WhenAll(kept).Within();
        var error = await Assert.ThrowsAsync<OwnershipLostException>(() => late).Within();
        Assert.Equal($"The journal of session {refused.Key} has version 1, but run another expected 0.", error.Message);
        Assert.Equal(["kept"], await SaidAsync(refused));
    }

    [Theory]
    [InlineData("INSERT INTO nowhere VALUES (1)")]
    [InlineData("INSERT INTO sessions (scope) VALUES (NULL)")]
    [InlineData("SELECT zeroblob(2000000000)")]
    public async Task Work_that_fails_undoes_what_it_wrote_and_nothing_else(string sql)
    {
        var (before, after) = (NewRun(), NewRun());
        Task[] kept;
        Task<bool> failing;
        using (await HoldWriterAsync())
        {
            kept = [AppendAsync(before, 0, "kept")];
            failing = _database.WriteAsync(statements =>
            {
                statements.Execute("DELETE FROM records");
                statements.Query(sql, _ => true);
                return true;
            });
            kept = [.. kept, AppendAsync(after, 0, "kept")];
        }

        await Task.WhenAll(kept).Within();
        await Assert.ThrowsAsync<SqliteException>(() => failing).Within();
        Assert.Equal(["kept"], await SaidAsync(before));
        Assert.Equal(["kept"], await SaidAsync(after));
    }

    [Fact]
    public async Task Of_a_disk_that_is_full_each_session_gets_what_fits()
    {
        var (small, big, alsoSmall) = (NewRun(), NewRun(), NewRun());
        await LimitPagesAsync(room: 30);
        Task[] fit;
        Task tooMuch;
        var text = new string('x', 1_000_000);
        using (await HoldWriterAsync())
        {
            fit = [AppendAsync(small, 0, "fits")];
            tooMuch = AppendAsync(big, 0, text);
            fit = [.. fit, AppendAsync(alsoSmall, 0, "fits")];
        }

        await Task.WhenAll(fit).Within();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => tooMuch).Within();
        Assert.Equal("The database 'sessions.db' cannot be used: the disk is full.", error.Message);
        Assert.Equal(["fits"], await SaidAsync(small));
        Assert.Equal(["fits"], await SaidAsync(alsoSmall));
        Assert.Empty(await SaidAsync(big));

        // There is room again: the same is done again, as a run does.
        await LimitPagesAsync(room: 1_000_000);
        await AppendAsync(big, 0, text).Within();
        Assert.Equal([text], await SaidAsync(big));
        Assert.Equal(
            [
                $"Error: The database {_database.Path} cannot be written: the disk is full. Runs wait, and it is tried again until it works.",
                $"Information: The database {_database.Path} can be written again.",
            ],
            _log.All);
    }

    [Fact]
    public async Task A_read_waits_for_no_write_and_sees_what_is_committed()
    {
        var run = NewRun();
        await AppendAsync(run, 0, "old");
        using var gate = new ManualResetEventSlim();
        var written = new TaskCompletionSource();
        var writing = _database.WriteAsync(statements =>
        {
            statements.Execute("DELETE FROM records");
            written.SetResult();
            return gate.Wait(Wait.Limit);
        });
        await written.Task.Within();

        Assert.Equal(["old"], await SaidAsync(run).Within());
        gate.Set();
        Assert.True(await writing.Within());
        Assert.Empty(await SaidAsync(run));
    }

    [Fact]
    public async Task A_write_waits_for_another_program_that_writes_and_readers_do_not()
    {
        var run = NewRun();
        await AppendAsync(run, 0, "1");
        using var other = new SqliteConnection($"Data Source={_database.Path};Pooling=False");
        other.Open();
        var transaction = other.BeginTransaction();

        var started = Stopwatch.GetTimestamp();
        var append = AppendAsync(run, 1, "2");
        Assert.Equal(["1"], await SaidAsync(run).Within());
        Assert.False(append.IsCompletedSuccessfully);
        await transaction.RollbackAsync();
        try
        {
            await append.Within();
        }
        catch (StorageUnavailableException) when (Stopwatch.GetElapsedTime(started).TotalSeconds >= SqliteFile.BusySeconds)
        {
            // It has waited as long as it does, and a run appends again.
            await AppendAsync(run, 1, "2").Within();
        }

        Assert.Equal(["1", "2"], await SaidAsync(run));
    }

    private static RunToken NewRun() => new(Samples.NewSession(), "silo-1", Guid.NewGuid().ToString());

    private Task AppendAsync(RunToken run, long version, string text) => _journal.AppendAsync(run, version, [Samples.Said(text)]).AsTask();

    private async Task<IEnumerable<string>> SaidAsync(RunToken run) =>
        (await _journal.ReadAsync(run.Key, 0)).Cast<RequestRecord>().Select(record => ((UserPromptPart)record.Parts.Single()).Text);

    /// <summary>Lets what is written from now on wait until the answer is disposed.</summary>
    private async Task<IDisposable> HoldWriterAsync()
    {
        var gate = new ManualResetEventSlim();
        var holds = new TaskCompletionSource();
        _ = _database.WriteAsync(_ =>
        {
            holds.SetResult();
            return gate.Wait(Wait.Limit);
        });
        await holds.Task.Within();
        return new Held(gate);
    }

    /// <summary>As a full disk: SQLite says the same when the file may not have more pages.</summary>
    private Task<long> LimitPagesAsync(int room) => _database.WriteAsync(statements =>
    {
        var pages = statements.Query("PRAGMA page_count", row => row.GetInt64(0))[0];
        return statements.Query($"PRAGMA max_page_count = {pages + room}", row => row.GetInt64(0))[0];
    });

    /// <summary>The transactions in the write-ahead log: the last frame of each says how many pages the file has after it.</summary>
    private int Transactions()
    {
        const int Header = 32;
        const int Frame = 24 + 4_096;
        using var file = new FileStream(_database.Path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var log = new byte[file.Length];
        file.ReadExactly(log);
        var transactions = 0;
        for (var at = Header; at + Frame <= log.Length; at += Frame)
        {
            transactions += BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(at + 4)) > 0 ? 1 : 0;
        }

        return transactions;
    }

    private sealed class Held(ManualResetEventSlim gate) : IDisposable
    {
        public void Dispose() => gate.Set();
    }

    private sealed class Lines : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel}: {formatter(state, exception)}");
            }
        }
    }
}
