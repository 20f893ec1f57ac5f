using AgentStream.Storage.Timers;

namespace AgentStream.Storage.Sqlite;

/// <summary>Sessions by time next to a journal in SQLite, in the same file.</summary>
public sealed class SqliteSessionTimers : ISessionTimers
{
    private static readonly SqliteSchema Schema = new("timers",
    [
        """
        CREATE TABLE timers (
            scope TEXT NOT NULL,
            user TEXT NOT NULL,
            session TEXT NOT NULL,
            due INTEGER NOT NULL,
            PRIMARY KEY (scope, user, session)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX timers_by_due ON timers (due);
        """,
    ]);

    internal const string SetSql = "INSERT INTO timers VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET due = excluded.due";
    internal const string DueSql = "SELECT scope, user, session FROM timers WHERE due <= ?1 ORDER BY due LIMIT ?2";
    internal const string ClearSql = "DELETE FROM timers WHERE scope = ?1 AND user = ?2 AND session = ?3 AND due = ?4";
    internal const string MoveSql = "UPDATE timers SET due = ?5 WHERE scope = ?1 AND user = ?2 AND session = ?3 AND due = ?4";
    internal const string RemoveSql = "DELETE FROM timers WHERE scope = ?1 AND user = ?2 AND session = ?3";

    private readonly SqliteDatabase _database;

    /// <summary>Makes the index's table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the index.</param>
    /// <exception cref="IOException">The file's index has a newer version.</exception>
    public SqliteSessionTimers(SqliteDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(RunToken owner, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var session = SqliteKey.Of(owner.Key);
        await _database.WriteAsync(statements => Set(statements, session, due)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);

        // Mostly nothing is due: then nothing is written.
        if ((await _database.ReadAsync(statements => FindDue(statements, now, 1)).WaitAsync(cancellationToken)).Count == 0)
        {
            return [];
        }

        var taken = await _database.WriteAsync(statements =>
        {
            var due = FindDue(statements, now, count);
            foreach (var session in due)
            {
                Set(statements, session, again);
            }

            return due;
        }).WaitAsync(cancellationToken);
        return [.. taken.Select(session => session.ToSessionKey())];
    }

    /// <inheritdoc/>
    public async ValueTask ClearAsync(SessionKey key, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        await _database.WriteAsync(statements => statements.Execute(ClearSql, session.Scope, session.User, session.Session, due.ToUnixTimeMilliseconds()))
            .WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask MoveAsync(SessionKey key, DateTimeOffset due, DateTimeOffset next, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        await _database.WriteAsync(statements => statements.Execute(
            MoveSql, session.Scope, session.User, session.Session, due.ToUnixTimeMilliseconds(), next.ToUnixTimeMilliseconds())).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var session = SqliteKey.Of(owner.Key);
        await _database.WriteAsync(statements => statements.Execute(RemoveSql, session.Scope, session.User, session.Session)).WaitAsync(cancellationToken);
    }

    private static IReadOnlyList<SqliteKey> FindDue(SqliteStatements statements, DateTimeOffset now, int count) =>
        statements.Query(DueSql, SqliteKey.Read, now.ToUnixTimeMilliseconds(), count);

    private static int Set(SqliteStatements statements, SqliteKey session, DateTimeOffset due) =>
        statements.Execute(SetSql, session.Scope, session.User, session.Session, due.ToUnixTimeMilliseconds());
}
