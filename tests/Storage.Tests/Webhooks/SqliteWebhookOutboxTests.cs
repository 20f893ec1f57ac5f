using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Webhooks;

namespace AgentStream.Storage.Tests.Webhooks;

/// <summary>The outbox in SQLite keeps the contract, in the file of the journal.</summary>
public sealed class SqliteWebhookOutboxTests : WebhookOutboxContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-webhooks-");
    private SqliteDatabase _database;
    private SqliteWebhookOutbox _outbox;

    public SqliteWebhookOutboxTests() => (_database, _outbox) = Open();

    protected override IWebhookOutbox Outbox => _outbox;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_from_before_there_were_webhooks_is_opened()
    {
        var path = Path.Combine(_folder.FullName, "older.db");
        var run = new RunToken(Samples.NewSession(), "silo-1", "run-1");
        using (var older = SqliteDatabase.Open(path))
        {
            await new SqliteJournal(older).AppendAsync(run, 0, [Samples.Said("1")]);
        }

        using var database = SqliteDatabase.Open(path);
        var outbox = new SqliteWebhookOutbox(database);
        Assert.True(await outbox.AddAsync(New("msg_1"), Noon, 1));
        Assert.Single(await outbox.TakeDueAsync(Noon, DateTimeOffset.MaxValue, 10));
        Assert.Single(await new SqliteJournal(database).ReadAsync(run.Key, 0));
    }

    protected override ValueTask<IWebhookOutbox?> OpenAgainAsync()
    {
        _database.Dispose();
        (_database, _outbox) = Open();
        return new(_outbox);
    }

    private (SqliteDatabase, SqliteWebhookOutbox) Open()
    {
        var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        return (database, new(database));
    }
}
