using System.Data.Common;
using AgentStream;
using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace Shop;

public sealed class SqlJournal(DbDataSource database, bool isShared) : ISessionJournal
{
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS sessions (
            scope TEXT, owner TEXT, id TEXT, version BIGINT, changed BIGINT, title TEXT, unfinished BOOLEAN, PRIMARY KEY (scope, owner, id));
        CREATE TABLE IF NOT EXISTS records (
            scope TEXT, owner TEXT, id TEXT, version BIGINT, run TEXT, record BLOB, PRIMARY KEY (scope, owner, id, version));
        """;

    private const string OfSession = "WHERE scope = @p0 AND owner = @p1 AND id = @p2";

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, $"SELECT record FROM records {OfSession} AND version > @p3 ORDER BY version",
            row => JournalRecordJson.Read(row.GetFieldValue<byte[]>(0)), key.Scope, key.User, key.Session, afterVersion);
    }

    public async ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        var (key, writes) = (owner.Key, records.Select(JournalRecordJson.Write).ToList());
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The version is checked and moved in one statement: of two writers, the second one finds another version.
        await ExecuteAsync(connection, "INSERT INTO sessions VALUES (@p0, @p1, @p2, 0, @p3, NULL, FALSE) ON CONFLICT DO NOTHING",
            key.Scope, key.User, key.Session, records[^1].Timestamp.ToUnixTimeMilliseconds());
        var moved = await ExecuteAsync(connection, $"""
            UPDATE sessions SET version = @p4, changed = COALESCE(@p5, changed), title = COALESCE(@p6, title, @p7), unfinished = COALESCE(@p8, unfinished) {OfSession} AND version = @p3
            """, key.Scope, key.User, key.Session, expectedVersion, expectedVersion + records.Count, JournaledSession.ChangedAt(records)?.ToUnixTimeMilliseconds(),
            JournaledSession.NameOf(records), JournaledSession.TitleOf(records), JournaledSession.HasUnfinishedRun(records));
        if (moved == 0)
        {
            // The same append once more, because its answer was lost?
            var kept = await QueryAsync(connection, $"SELECT run, record FROM records {OfSession} AND version > @p3 ORDER BY version",
                row => (Run: row.GetString(0), Record: row.GetFieldValue<byte[]>(1)), key.Scope, key.User, key.Session, expectedVersion);
            var isRepeated = kept.Count == writes.Count && kept.Zip(writes).All(pair => pair.First.Run == owner.Fence && pair.First.Record.AsSpan().SequenceEqual(pair.Second));
            await transaction.RollbackAsync(CancellationToken.None);
            if (!isRepeated)
            {
                throw new OwnershipLostException($"The journal of session {key} has another version than {expectedVersion}, which run {owner.RunId} expected.");
            }

            return;
        }

        foreach (var (index, record) in writes.Index())
        {
            await ExecuteAsync(connection, "INSERT INTO records VALUES (@p0, @p1, @p2, @p3, @p4, @p5)", key.Scope, key.User, key.Session, expectedVersion + index + 1, owner.Fence, record);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"DELETE FROM sessions {OfSession}", owner.Key.Scope, owner.Key.User, owner.Key.Session);
        await ExecuteAsync(connection, $"DELETE FROM records {OfSession}", owner.Key.Scope, owner.Key.User, owner.Key.Session);
        await transaction.CommitAsync(cancellationToken);
    }

    public async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, "SELECT id, changed, title FROM sessions WHERE scope = @p0 AND owner = @p1 ORDER BY changed DESC, id DESC LIMIT @p2",
            row => new JournaledSession(user.Session(row.GetString(0)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.IsDBNull(2) ? null : row.GetString(2)),
            user.Scope, user.User, count);
    }

    public async Task<IReadOnlyList<SessionKey>> ListUnfinishedAsync(CancellationToken cancellationToken = default)
    {
        if (isShared)
        {
            return [];
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, "SELECT scope, owner, id FROM sessions WHERE unfinished", row => new SessionKey(row.GetString(0), row.GetString(1), row.GetString(2)));
    }

    private static async Task<List<T>> QueryAsync<T>(DbConnection connection, string sql, Func<DbDataReader, T> read, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        await using var rows = await command.ExecuteReaderAsync();
        var all = new List<T>();
        while (await rows.ReadAsync())
        {
            all.Add(read(rows));
        }

        return all;
    }

    private static async Task<int> ExecuteAsync(DbConnection connection, string sql, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    private static DbCommand Command(DbConnection connection, string sql, object?[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (index, value) in values.Index())
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ($"@p{index}", value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
