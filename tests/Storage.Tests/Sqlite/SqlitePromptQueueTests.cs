using AgentStream.Storage.Queue;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Queue;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>The queue in SQLite keeps the contract, and what waits, in its file.</summary>
public sealed class SqlitePromptQueueTests : PromptQueueContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly SessionKey _key = Samples.NewSession();
    private SqliteDatabase _database;
    private SqlitePromptQueue _queue;

    public SqlitePromptQueueTests() => (_database, _queue) = Open();

    protected override IPromptQueue Queue => _queue;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_waits_is_there_after_a_restart_in_its_order()
    {
        var prompts = Enumerable.Range(0, 20).Select(i => Prompt($"run-{i}", $"„{i}“ \0 🙂\r\n")).ToArray();
        foreach (var prompt in prompts)
        {
            await _queue.AddAsync(_key, prompt);
        }

        await _queue.RemoveAsync(_key, "run-19");
        _database.Dispose();
        (_database, _queue) = Open();
        Assert.Equal(prompts[..19], await FindAllAsync(_key));

        // The place of one that was taken out is not handed off before those that are there.
        Assert.Equal(20, await _queue.AddAsync(_key, prompts[19]));
        Assert.Equal(prompts.Select(prompt => prompt.RunId), (await _queue.ListAsync(_key)).Select(info => info.RunId));
    }

    [Fact]
    public async Task Prompts_that_come_at_once_each_get_a_place_of_their_own()
    {
        var places = await Task.WhenAll(Enumerable.Range(0, 150).Select(i => Task.Run(async () => await _queue.AddAsync(_key, Prompt($"run-{i}")))));
        Assert.Equal(Enumerable.Range(1, 100), places.Where(place => place > 0).Order());
    }

    [Fact]
    public async Task A_deleted_session_drops_its_prompts_and_no_others()
    {
        var other = new SessionKey(_key.Scope, _key.User, _key.Session.ToUpperInvariant());
        await _queue.AddAsync(_key, Prompt("run-1"));
        await _queue.AddAsync(other, Prompt("run-2"));
        await _queue.ClearAsync(new RunToken(_key, "silo-1", "run-3"));
        Assert.Empty(await _queue.ListAsync(_key));
        Assert.Equal([other], await _queue.ListSessionsAsync(10));
    }

    [Fact]
    public async Task What_is_no_session_stops_no_other()
    {
        await _database.WriteAsync(statements => statements.Execute(
            "INSERT INTO prompts (scope, user, session, run, info, prompt) VALUES ('1', '1', ':', 'r', '', ''), ('', '1', 's', 'r', '', ''), ('1', '1:1', 's', 'r', '', '')"));
        await _queue.AddAsync(_key, Prompt("run-1"));
        for (var look = 0; look < 3; look++)
        {
            Assert.Equal([_key], await _queue.ListSessionsAsync(10));
        }
    }

    [Fact]
    public async Task A_file_of_an_earlier_version_keeps_what_waits()
    {
        var prompts = new[] { Prompt("run-1", "„one“ \0"), Prompt("run-2") with { IdempotencyKey = "k", RequestHash = "h", Steers = true, Tools = [new("ask")] } };
        using var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "older.db"));
        database.Add(new("prompts",
        [
            """
            CREATE TABLE prompts (
                id INTEGER PRIMARY KEY,
                scope TEXT NOT NULL,
                user TEXT NOT NULL,
                session TEXT NOT NULL,
                run TEXT NOT NULL,
                prompt TEXT NOT NULL
            ) STRICT;
            CREATE INDEX prompts_of_session ON prompts (scope, user, session);
            """,
        ]));
        foreach (var prompt in prompts)
        {
            await database.WriteAsync(statements => statements.Execute(
                "INSERT INTO prompts (scope, user, session, run, prompt) VALUES (?1, ?2, ?3, ?4, CAST(?5 AS TEXT))", _key.Scope, _key.User, _key.Session, prompt.RunId, prompt.ToJson()));
        }

        _queue = new(database);
        Assert.Equal(["run-1", "run-2"], (await _queue.ListAsync(_key)).Select(info => info.RunId));
        Assert.Equal(("k", "h", true), (await _queue.ListAsync(_key))[1] is var info ? (info.IdempotencyKey, info.RequestHash, info.Steers) : default);
        Assert.Equal(prompts, await FindAllAsync(_key));
        Assert.Equal(3, await _queue.AddAsync(_key, Prompt("run-3")));
        Assert.Equal([_key], await _queue.ListSessionsAsync(10));
    }

    private (SqliteDatabase, SqlitePromptQueue) Open()
    {
        var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        return (database, new(database));
    }
}
