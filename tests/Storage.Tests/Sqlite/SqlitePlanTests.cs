using AgentStream.Storage.Sqlite;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>No question looks at more rows than it answers with: SQLite says how it would find them.</summary>
public sealed class SqlitePlanTests : IDisposable
{
    private static readonly SqliteTurns Turns = new("prompts");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly SqliteDatabase _database;

    public SqlitePlanTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        _ = new SqliteJournal(_database);
        _ = new SqlitePromptQueue(_database);
        _ = new SqliteSessionTimers(_database);
        _ = new SqliteWebhookOutbox(_database);
    }

    public static TheoryData<string, string> Plans => new()
    {
        { SqliteJournal.FindSql, "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (scope=? AND user=? AND session=?)" },
        { SqliteJournal.PiecesSql, "SEARCH pieces USING INDEX sqlite_autoindex_pieces_1 (session=? AND version=?)" },
        { SqliteJournal.DropSql, "SEARCH records USING INDEX sqlite_autoindex_records_1 (session=? AND version<?)" },
        { SqliteJournal.DropPiecesSql, "SEARCH pieces USING INDEX sqlite_autoindex_pieces_1 (session=? AND version<?)" },
        { SqliteJournal.DeletePiecesSql, "SEARCH pieces USING INDEX sqlite_autoindex_pieces_1 (session=?)" },
        { SqliteJournal.UsageSql, "SEARCH usage USING PRIMARY KEY (scope=? AND user=?)" },
        { SqliteJournal.DeleteSql, "SEARCH records USING INDEX sqlite_autoindex_records_1 (session=?)" },

        // In the order of the index: nothing is sorted.
        { SqliteJournal.ListSql, "SEARCH sessions USING INDEX sessions_by_change (scope=? AND user=?)" },
        { SqliteJournal.ListAfterSql, "SEARCH sessions USING INDEX sessions_by_change (scope=? AND user=? AND (changed,session)<(?,?))" },

        // This index has the unfinished sessions and no others.
        { SqliteJournal.UnfinishedSql, "SCAN sessions USING INDEX sessions_unfinished" },
        { SqlitePromptQueue.CountSql, "SEARCH prompts USING COVERING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },
        { SqlitePromptQueue.ListSql, "SEARCH prompts USING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },
        { SqlitePromptQueue.FindSql, "SEARCH prompts USING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },
        { SqlitePromptQueue.RunsSql, "SEARCH prompts USING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },
        { SqlitePromptQueue.RemoveSql, "SEARCH prompts USING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },
        { SqlitePromptQueue.ClearSql, "SEARCH prompts USING INDEX prompts_of_session (scope=? AND user=? AND session=?)" },

        // One search each, past all that a user has, and past all that waits for a session.
        { Turns.NextUserSql, "SEARCH prompts USING COVERING INDEX prompts_of_session ((scope,user)>(?,?))" },
        { Turns.NextSessionSql, "SEARCH prompts USING COVERING INDEX prompts_of_session (scope=? AND user=? AND session>?)" },

        // In the order of the index, and only what is due.
        { SqliteSessionTimers.DueSql, "SEARCH timers USING COVERING INDEX timers_by_due (due<?)" },
        { SqliteWebhookOutbox.DueSql, "SEARCH webhooks USING INDEX webhooks_by_due (due<?)" },
        { SqliteWebhookOutbox.FindSql, "SEARCH webhooks USING INDEX sqlite_autoindex_webhooks_1 (id=?)" },
        { SqliteWebhookOutbox.CountSql, "SEARCH webhooks USING COVERING INDEX webhooks_by_receiver (receiver=?)" },
        { SqliteWebhookOutbox.SetSql, "SEARCH webhooks USING INDEX sqlite_autoindex_webhooks_1 (id=?)" },
        { SqliteWebhookOutbox.RemoveSql, "SEARCH webhooks USING INDEX sqlite_autoindex_webhooks_1 (id=?)" },
        { SqliteSessionTimers.ClearSql, "SEARCH timers USING PRIMARY KEY (scope=? AND user=? AND session=?)" },
        { SqliteSessionTimers.MoveSql, "SEARCH timers USING PRIMARY KEY (scope=? AND user=? AND session=?)" },
        { SqliteSessionTimers.RemoveSql, "SEARCH timers USING PRIMARY KEY (scope=? AND user=? AND session=?)" },
    };

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public async Task Rows_are_found_by_an_index(string sql, string plan) => Assert.Equal([plan], await PlanAsync(sql));

    [Fact]
    public async Task Records_are_found_by_an_index_and_so_are_the_pieces_of_each() => Assert.Equal(
        [
            "SEARCH records USING INDEX sqlite_autoindex_records_1 (session=? AND version>?)",
            "CORRELATED SCALAR SUBQUERY 1",
            "SEARCH pieces USING INDEX sqlite_autoindex_pieces_1 (session=? AND version=?)",
        ],
        await PlanAsync(SqliteJournal.ReadSql));

    private Task<IReadOnlyList<string>> PlanAsync(string sql) =>
        _database.ReadAsync(statements => statements.Query($"EXPLAIN QUERY PLAN {sql}", row => row.GetString(3)));
}
