using AgentStream.Storage.Webhooks;

namespace AgentStream.Storage.Sqlite;

/// <summary>Webhooks that are to be sent, next to a journal in SQLite, in the same file.</summary>
public sealed class SqliteWebhookOutbox : IWebhookOutbox
{
    private static readonly SqliteSchema Schema = new("webhooks",
    [
        """
        CREATE TABLE webhooks (
            id TEXT PRIMARY KEY,
            receiver TEXT NOT NULL,
            key TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            due INTEGER NOT NULL,
            content BLOB NOT NULL
        ) STRICT;
        CREATE INDEX webhooks_by_due ON webhooks (due);
        CREATE INDEX webhooks_by_receiver ON webhooks (receiver);
        """,
    ]);

    internal const string FindSql = "SELECT attempt FROM webhooks WHERE id = ?1";
    internal const string CountSql = "SELECT count(*) FROM webhooks WHERE receiver = ?1";
    internal const string DueSql = "SELECT id, receiver, key, attempt, content FROM webhooks WHERE due <= ?1 ORDER BY due LIMIT ?2";
    internal const string SetSql = "UPDATE webhooks SET attempt = ?3, due = ?4 WHERE id = ?1 AND attempt = ?2";
    internal const string RemoveSql = "DELETE FROM webhooks WHERE id = ?1";

    private const string AddSql = "INSERT INTO webhooks VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET due = excluded.due, content = excluded.content";

    private readonly SqliteDatabase _database;

    /// <summary>Makes the outbox's table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the outbox.</param>
    /// <exception cref="IOException">The file's outbox has a newer version.</exception>
    public SqliteWebhookOutbox(SqliteDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var content = delivery.Content.ToArray();
        return await _database.WriteAsync(
            statements =>
            {
                var known = statements.Query(FindSql, row => row.GetInt32(0), delivery.Id);
                if (known is not ([] or [WebhookDelivery.Announced]))
                {
                    return true;
                }

                if (known.Count == 0 && statements.Query(CountSql, row => row.GetInt64(0), delivery.Receiver).Single() >= most)
                {
                    return false;
                }

                statements.Execute(AddSql, delivery.Id, delivery.Receiver, delivery.Key.ToString(), delivery.Attempt, due.ToUnixTimeMilliseconds(), content);
                return true;
            },
            content.Length).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);

        // Mostly nothing is due: then nothing is written.
        if ((await _database.ReadAsync(statements => FindDue(statements, now, 1)).WaitAsync(cancellationToken)).Count == 0)
        {
            return [];
        }

        return await _database.WriteAsync(statements =>
        {
            var due = FindDue(statements, now, count);
            foreach (var delivery in due)
            {
                statements.Execute(SetSql, delivery.Id, delivery.Attempt, delivery.Attempt, again.ToUnixTimeMilliseconds());
            }

            return due;
        }).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default) =>
        await _database.WriteAsync(statements => statements.Execute(SetSql, id, attempt, next, due.ToUnixTimeMilliseconds())).WaitAsync(cancellationToken) > 0;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default) =>
        await _database.WriteAsync(statements => statements.Execute(RemoveSql, id)).WaitAsync(cancellationToken);

    private static IReadOnlyList<WebhookDelivery> FindDue(SqliteStatements statements, DateTimeOffset now, int count) => statements.Query(
        DueSql,
        row => new WebhookDelivery(row.GetString(0), row.GetString(1), SessionKey.Parse(row.GetString(2)), row.GetInt32(3), row.GetFieldValue<byte[]>(4)),
        now.ToUnixTimeMilliseconds(),
        count);
}
