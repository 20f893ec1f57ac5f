using AgentStream.Storage.Queue;

namespace AgentStream.Storage.Sqlite;

/// <summary>Waiting prompts next to a journal in SQLite, in the same file.</summary>
public sealed class SqlitePromptQueue : IPromptQueue
{
    /// <summary>The text comes last, so that a look at the other columns does not read it.</summary>
    private static readonly SqliteSchema Schema = new("prompts",
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
    ]);

    internal const string RunsSql = "SELECT run FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 ORDER BY id";
    internal const string ReadSql = "SELECT prompt FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 ORDER BY id";
    internal const string RemoveSql = "DELETE FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3 AND run = ?4";
    internal const string ClearSql = "DELETE FROM prompts WHERE scope = ?1 AND user = ?2 AND session = ?3";
    internal const string AfterSql =
        """
        SELECT DISTINCT scope, user, session FROM prompts WHERE (scope, user, session) > (?1, ?2, ?3)
        ORDER BY scope, user, session LIMIT ?4
        """;
    internal const string UpToSql =
        """
        SELECT DISTINCT scope, user, session FROM prompts WHERE (scope, user, session) <= (?1, ?2, ?3)
        ORDER BY scope, user, session LIMIT ?4
        """;

    private readonly SqliteDatabase _database;

    // Where the next list begins: sessions take turns when there are more than are asked for.
    private volatile SqliteKey _last = new("", "", "");

    /// <summary>Makes the queue's table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the queue.</param>
    /// <exception cref="IOException">The file's queue has a newer version.</exception>
    public SqlitePromptQueue(SqliteDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    public async ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default)
    {
        var (session, json) = (SqliteKey.Of(key), prompt.ToJson());
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

                statements.Execute(
                    "INSERT INTO prompts (scope, user, session, run, prompt) VALUES (?1, ?2, ?3, ?4, CAST(?5 AS TEXT))",
                    session.Scope,
                    session.User,
                    session.Session,
                    prompt.RunId,
                    json);
                return runs.Count + 1;
            },
            json.Length).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<QueuedPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        var prompts = await _database.ReadAsync(statements =>
            statements.Query(ReadSql, row => row.GetFieldValue<byte[]>(0), session.Scope, session.User, session.Session))
            .WaitAsync(cancellationToken);
        return [.. prompts.Select(json => QueuedPrompt.FromJson(json))];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ReadRunsAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        return await _database.ReadAsync(statements => Runs(statements, session)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default)
    {
        var session = SqliteKey.Of(key);
        await _database.WriteAsync(statements => statements.Execute(RemoveSql, session.Scope, session.User, session.Session, prompt.RunId))
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
        var last = _last;
        var found = await _database.ReadAsync(statements =>
        {
            var after = statements.Query(AfterSql, SqliteKey.Read, last.Scope, last.User, last.Session, count);
            return after.Count == count
                ? after
                : [.. after, .. statements.Query(UpToSql, SqliteKey.Read, last.Scope, last.User, last.Session, count - after.Count)];
        }).WaitAsync(cancellationToken);
        _last = found is [.., var next] ? next : last;
        return [.. found.Select(session => session.ToSessionKey())];
    }

    private static IReadOnlyList<string> Runs(SqliteStatements statements, SqliteKey session) =>
        statements.Query(RunsSql, row => row.GetString(0), session.Scope, session.User, session.Session);
}
