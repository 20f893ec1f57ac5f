using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Usage;

namespace AgentStream.Storage.Tests.Usage;

/// <summary>The store in SQLite keeps the contract.</summary>
public sealed class SqliteUsageStoreTests : UsageStoreContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-usage-");
    private SqliteDatabase _database;

    public SqliteUsageStoreTests() => Store = Open(out _database);

    protected override IUsageStore Store { get; }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    protected override ValueTask<IUsageStore?> OpenAgainAsync()
    {
        _database.Dispose();
        return new(Open(out _database));
    }

    private SqliteUsageStore Open(out SqliteDatabase database) => new(database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db")));
}
