using AgentStream.Storage.Queue;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Journal;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>The queue in SQLite, beyond what every queue promises (PromptQueueTests).</summary>
public sealed class SqlitePromptQueueTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly SessionKey _key = Samples.NewSession();
    private SqliteDatabase _database;
    private SqlitePromptQueue _queue;

    public SqlitePromptQueueTests() => (_database, _queue) = Open();

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

        await _queue.RemoveAsync(_key, prompts[19]);
        _database.Dispose();
        (_database, _queue) = Open();
        Assert.Equal(prompts[..19], await _queue.ReadAsync(_key));

        // The place of one that was taken out is not handed off before those that are there.
        Assert.Equal(20, await _queue.AddAsync(_key, prompts[19]));
        Assert.Equal(prompts.Select(prompt => prompt.RunId), await _queue.ReadRunsAsync(_key));
    }

    [Fact]
    public async Task The_hundred_and_first_is_refused_and_a_repeated_one_is_not()
    {
        for (var i = 1; i <= IPromptQueue.MaxQueued; i++)
        {
            Assert.Equal(i, await _queue.AddAsync(_key, Prompt($"run-{i}")));
        }

        Assert.Equal(0, await _queue.AddAsync(_key, Prompt("run-101")));
        Assert.Equal(7, await _queue.AddAsync(_key, Prompt("run-7")));
        Assert.Equal(1, await _queue.AddAsync(Samples.NewSession(), Prompt("run-101")));
        await _queue.RemoveAsync(_key, Prompt("run-1"));
        Assert.Equal(100, await _queue.AddAsync(_key, Prompt("run-101")));
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
        Assert.Empty(await _queue.ReadAsync(_key));
        Assert.Equal([other], await _queue.ListSessionsAsync(10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    public async Task Sessions_take_turns_when_there_are_more_than_are_asked_for(int count)
    {
        var keys = Enumerable.Range(0, 7).Select(_ => Samples.NewSession()).ToList();
        foreach (var key in keys.Concat(keys))
        {
            await _queue.AddAsync(key, Prompt(Guid.NewGuid().ToString()));
        }

        var seen = new List<SessionKey>();
        while (seen.Count < 21)
        {
            var found = await _queue.ListSessionsAsync(count);
            Assert.Equal(Math.Min(count, 7), found.Distinct().Count());
            seen.AddRange(found);
        }

        Assert.All(seen.Take(21).GroupBy(key => key), session => Assert.Equal(3, session.Count()));
    }

    private static QueuedPrompt Prompt(string run, string text = "go") => new(run, "assistant", text, DateTimeOffset.UnixEpoch);

    private (SqliteDatabase, SqlitePromptQueue) Open()
    {
        var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        return (database, new(database));
    }
}
