using AgentStream.Storage.Journal;
using AgentStream.Storage.Testing;
using Microsoft.Data.Sqlite;
using Shop;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>The journal that docs/journals.md prints keeps the contract, and is printed as it is tested.</summary>
public abstract class SqlJournalTests : SessionJournalContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sql-");

    protected SqlJournalTests()
    {
        Journal = Open();
        using var connection = new SqliteConnection(Settings);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA journal_mode = WAL; {SqlJournal.Tables}";
        command.ExecuteNonQuery();
    }

    protected override ISessionJournal Journal { get; }

    protected override bool KnowsRepeatedAppends => true;

    protected override bool ListsUnfinished => !IsShared;

    protected abstract bool IsShared { get; }

    private string Settings => $"Data Source={Path.Combine(_folder.FullName, "shop.db")};Pooling=False";

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override ValueTask<ISessionJournal?> ReopenAsync() => new(Open());

    private SqlJournal Open() => new(SqliteFactory.Instance.CreateDataSource(Settings), IsShared);
}

/// <summary>SQLite's provider blocks threads: two hundred writers at once would keep the tests waiting that run at the same time.</summary>
[CollectionDefinition(nameof(SqlJournalTests), DisableParallelization = true)]
public sealed class SqlJournalCollection;

/// <summary>It is the journal of one process.</summary>
[Collection(nameof(SqlJournalTests))]
public sealed class AloneSqlJournalTests : SqlJournalTests
{
    protected override bool IsShared => false;
}

/// <summary>Several silos share it, next to a Redis.</summary>
[Collection(nameof(SqlJournalTests))]
public sealed class SharedSqlJournalTests : SqlJournalTests
{
    protected override bool IsShared => true;
}
