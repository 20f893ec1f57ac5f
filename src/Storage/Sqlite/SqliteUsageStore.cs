using AgentStream.Storage.InMemory;
using AgentStream.Storage.Usage;

namespace AgentStream.Storage.Sqlite;

/// <summary>Counts next to a journal in SQLite. The tokens of the day are in its file; the prompts of a minute, which a restart may forget, are in memory.</summary>
public sealed class SqliteUsageStore : IUsageStore
{
    /// <summary>A scope's own row has no user.</summary>
    private static readonly SqliteSchema Schema = new("tokens",
    [
        """
        CREATE TABLE tokens (
            scope TEXT NOT NULL,
            user TEXT NOT NULL,
            day INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            PRIMARY KEY (scope, user)
        ) STRICT, WITHOUT ROWID;
        """,
    ]);

    internal const string AddSql =
        """
        INSERT INTO tokens VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET
            tokens = CASE WHEN day < excluded.day THEN 0 ELSE tokens END + excluded.tokens, day = max(day, excluded.day)
        RETURNING tokens
        """;

    internal const string FindSql = "SELECT tokens FROM tokens WHERE scope = ?1 AND user = ?2 AND day >= ?3";

    private readonly SqliteDatabase _database;
    private readonly InMemoryUsageStore _prompts = new();

    /// <summary>Makes the table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with this.</param>
    /// <exception cref="IOException">The file's table has a newer version.</exception>
    public SqliteUsageStore(SqliteDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    public async ValueTask CountPromptAsync(UserKey user, DateTimeOffset now, LimitOptions limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (limits.PerUser.TokensPerDay > 0 || limits.PerScope.TokensPerDay > 0)
        {
            UsageRules.CheckTokens(await FindTokensAsync(user, now, cancellationToken), limits, now);
        }

        await _prompts.CountPromptAsync(user, now, limits, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<UsageCount> AddTokensAsync(UserKey user, DateTimeOffset now, long tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        return await _database.WriteAsync(statements => new UsageCount(Add(statements, user.User), Add(statements, ""))).WaitAsync(cancellationToken);

        long Add(SqliteStatements statements, string name) => statements.Query(AddSql, row => row.GetInt64(0), user.Scope, name, UsageRules.DayOf(now), tokens).Single();
    }

    /// <inheritdoc/>
    public async ValueTask<UsageOfTime> GetAsync(UserKey user, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        (await _prompts.GetAsync(user, now, cancellationToken)) with { Tokens = await FindTokensAsync(user, now, cancellationToken) };

    private async Task<UsageCount> FindTokensAsync(UserKey user, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return await _database.ReadAsync(statements => new UsageCount(Find(statements, user.User), Find(statements, ""))).WaitAsync(cancellationToken);

        long Find(SqliteStatements statements, string name) =>
            statements.Query(FindSql, row => row.GetInt64(0), user.Scope, name, UsageRules.DayOf(now)).SingleOrDefault();
    }
}
