using AgentStream.Storage.Queue;

namespace AgentStream.Storage.Sqlite;

/// <summary>Waiting prompts next to a journal in SQLite, in the same file.</summary>
public sealed class SqlitePromptQueue : IPromptQueue
{
    private const string Table = "prompts";

    /// <summary>The text comes last, so that a look at the other columns does not read it.</summary>
    private static readonly SqliteSchema Schema = new(Table,
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

        // What is known of a prompt without reading it.
        """
        CREATE TABLE prompts_2 (
            id INTEGER PRIMARY KEY,
            scope TEXT NOT NULL,
            user TEXT NOT NULL,
            session TEXT NOT NULL,
            run TEXT NOT NULL,
            info TEXT NOT NULL,
            prompt TEXT NOT NULL
        ) STRICT;
        INSERT INTO prompts_2 SELECT id, scope, user, session, run, json_remove(prompt, '$.prompt', '$.tools'), prompt FROM prompts;
        DROP TABLE prompts;
        ALTER TABLE prompts_2 RENAME TO prompts;
        CREATE INDEX prompts_of_session ON prompts (scope, user, session);
        """,
    ]);

    internal const string CountSql = "SELECT count(*) FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3";
    internal const string CountUserSql = "SELECT count(*) FROM prompts WHERE scope = ?1 AND user = ?2";
    internal const string CountScopeSql = "SELECT count(*) FROM prompts WHERE scope = ?1";
    internal const string ListSql = "SELECT info FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 ORDER BY id";
    internal const string FindSql = "SELECT prompt FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 AND run = ?4";
    internal const string RunsSql = "SELECT run FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 ORDER BY id";
    internal const string RemoveSql = "DELETE FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 AND run = ?4";
    internal const string ClearSql = "DELETE FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3";

    private readonly SqliteDatabase _database;
    private readonly AtRestProtection _protection;
    private readonly SqliteTurns _turns = new(Table);

    /// <summary>Makes the queue's table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the queue.</param>
    /// <param name="protection">Encrypts the prompts, or not; null for not.</param>
    /// <exception cref="IOException">The file's queue has a newer version.</exception>
    public SqlitePromptQueue(SqliteDatabase database, AtRestProtection? protection = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _protection = protection ?? AtRestProtection.None;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    public async ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, LimitOptions? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var (session, json, info) = (SqliteKey.Of(key), _protection.Write(key, prompt), _protection.Write(key, QueuedPromptInfo.Of(prompt)));
        return await _database.WriteAsync(
            statements =>
            {
                var runs = Runs(statements, session);
                if (runs.Index().FirstOrDefault(run => run.Item == prompt.RunId) is (var index, not null))
                {
                    return index + 1;
                }

                if (runs.Count >= IPromptQueue.MaxQueued)
                {
                    return 0;
                }

                Limit.Check(LimitNames.QueuedPrompts, Count(statements, session.Scope, session.User, limits), limits, limit => limit.QueuedPrompts, Limit.SoonFree);
                statements.Execute(
                    "INSERT INTO prompts (scope, user, session, run, info, prompt) VALUES (?1, ?2, ?3, ?4, CAST(?5 AS TEXT), CAST(?6 AS TEXT))",
                    session.Scope,
                    session.User,
                    session.Session,
                    prompt.RunId,
                    info,
                    json);
                return runs.Count + 1;
            },
            json.Length).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<int> CountAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        var counts = await _database.ReadAsync(statements => statements.Query(CountSql, row => row.GetInt32(0), session.Scope, session.User, session.Session))
            .WaitAsync(cancellationToken);
        return counts[0];
    }

    /// <inheritdoc/>
    public async ValueTask<UsageCount> CountAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        return await _database.ReadAsync(statements => new UsageCount(CountUser(statements, user.Scope, user.User), CountScope(statements, user.Scope))).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<QueuedPromptInfo>> ListAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        var infos = await _database.ReadAsync(statements =>
            statements.Query(ListSql, row => row.GetFieldValue<byte[]>(0), session.Scope, session.User, session.Session))
            .WaitAsync(cancellationToken);
        return [.. infos.Select(json => _protection.ReadInfo(key, json))];
    }

    /// <inheritdoc/>
    public async ValueTask<QueuedPrompt?> FindAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        var found = await _database.ReadAsync(statements =>
            statements.Query(FindSql, row => row.GetFieldValue<byte[]>(0), session.Scope, session.User, session.Session, runId))
            .WaitAsync(cancellationToken);
        return found is [var json, ..] ? _protection.ReadPrompt(key, runId, json) : null;
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        await _database.WriteAsync(statements => statements.Execute(RemoveSql, session.Scope, session.User, session.Session, runId))
            .WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(owner.Key);
        await _database.WriteAsync(statements => statements.Execute(ClearSql, session.Scope, session.User, session.Session))
            .WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var found = await _database.ReadAsync(statements => _turns.Next(statements, count)).WaitAsync(cancellationToken);

        // What is no session was written by another program, and stops no other.
        return [.. found.Where(session => session.IsValid).Select(session => session.ToSessionKey())];
    }

    /// <summary>Counts what there is a limit for: the cost grows with what is counted.</summary>
    private static UsageCount Count(SqliteStatements statements, string scope, string user, LimitOptions? limits) => new(
        limits?.PerUser.QueuedPrompts > 0 ? CountUser(statements, scope, user) : 0, limits?.PerScope.QueuedPrompts > 0 ? CountScope(statements, scope) : 0);

    private static long CountUser(SqliteStatements statements, string scope, string user) => statements.Query(CountUserSql, row => row.GetInt64(0), scope, user).Single();

    private static long CountScope(SqliteStatements statements, string scope) => statements.Query(CountScopeSql, row => row.GetInt64(0), scope).Single();

    private static IReadOnlyList<string> Runs(SqliteStatements statements, SqliteKey session) =>
        statements.Query(RunsSql, row => row.GetString(0), session.Scope, session.User, session.Session);
}
