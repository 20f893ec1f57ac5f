using AgentStream.Storage.Journal;
using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

public sealed partial class SqliteJournal
{
    internal const string ListSql =
        "SELECT session, changed, title FROM sessions WHERE scope = ?1 AND user = ?2 ORDER BY changed DESC, session DESC LIMIT ?3";

    internal const string ListAfterSql =
        """
        SELECT session, changed, title FROM sessions WHERE scope = ?1 AND user = ?2 AND (changed, session) < (?4, ?5)
        ORDER BY changed DESC, session DESC LIMIT ?3
        """;

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(
        UserKey user, int count, CancellationToken cancellationToken = default) =>
        ListSessionsAsync(user, count, after: null, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(
        UserKey user, int count, JournaledSession? after, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var sessions = await _database.ReadAsync(statements => after is null
            ? statements.Query(ListSql, ReadSession, user.Scope, user.User, count)
            : statements.Query(
                ListAfterSql, ReadSession, user.Scope, user.User, count, after.Changed.ToUnixTimeMilliseconds(), after.Key.Session))
            .WaitAsync(cancellationToken);
        return [.. sessions.Select(session => session with { Title = _protection.ReadTitle(session.Key, session.Title) })];

        JournaledSession ReadSession(SqliteDataReader row) => new(
            user.Session(row.GetString(0)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.IsDBNull(2) ? null : row.GetString(2));
    }
}
