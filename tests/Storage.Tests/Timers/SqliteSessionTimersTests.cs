using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Timers;

namespace AgentStream.Storage.Tests.Timers;

/// <summary>The index in SQLite keeps the contract, in the file of the journal.</summary>
public sealed class SqliteSessionTimersTests : SessionTimersContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-timers-");
    private SqliteDatabase _database;
    private SqliteSessionTimers _timers;

    public SqliteSessionTimersTests() => (_database, _timers) = Open();

    protected override ISessionTimers Timers => _timers;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_from_before_there_were_timers_is_opened()
    {
        var run = await StartedAsync(Samples.NewSession());
        using (var older = SqliteDatabase.Open(Path.Combine(_folder.FullName, "older.db")))
        {
            await new SqliteJournal(older).AppendAsync(run, 0, [Samples.Said("1")]);
            _ = new SqlitePromptQueue(older);
        }

        using var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "older.db"));
        var timers = new SqliteSessionTimers(database);
        await timers.SetAsync(run, Samples.Time);
        Assert.Equal([run.Key], await timers.TakeDueAsync(Samples.Time, DateTimeOffset.MaxValue, 10));
        Assert.Single(await new SqliteJournal(database).ReadAsync(run.Key, 0));
    }

    protected override ValueTask<ISessionTimers?> OpenAgainAsync()
    {
        _database.Dispose();
        (_database, _timers) = Open();
        return new(_timers);
    }

    protected override Task<RunToken> StartedAsync(SessionKey key) => Task.FromResult(new RunToken(key, "silo-1", "run-1"));

    private (SqliteDatabase, SqliteSessionTimers) Open()
    {
        var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        return (database, new(database));
    }
}
