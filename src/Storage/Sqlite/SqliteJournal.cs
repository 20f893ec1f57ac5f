using System.Globalization;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// A journal in a SQLite file of one process. The file serves one process at a time, so the version alone proves who may write. What
/// several sessions append at the same time costs one flush.
/// </summary>
public sealed class SqliteJournal : ISessionJournal
{
    /// <summary>
    /// <c>writer</c> is the run that appended last, so that an append that is repeated is known. <c>unfinished</c> is whether the last run
    /// has no end yet. Records are text, so that other programs can show them.
    /// </summary>
    private static readonly SqliteSchema Schema = new("journal",
    [
        """
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY,
            scope TEXT NOT NULL,
            user TEXT NOT NULL,
            session TEXT NOT NULL,
            version INTEGER NOT NULL,
            writer TEXT NOT NULL,
            unfinished INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            title TEXT,
            UNIQUE (scope, user, session)
        ) STRICT;
        CREATE INDEX sessions_by_change ON sessions (scope, user, changed);
        CREATE INDEX sessions_unfinished ON sessions (id) WHERE unfinished = 1;
        CREATE TABLE records (
            session INTEGER NOT NULL,
            version INTEGER NOT NULL,
            record TEXT NOT NULL,
            PRIMARY KEY (session, version)
        ) STRICT;
        """,
    ]);

    internal const string FindSql = "SELECT id, version, writer, unfinished FROM sessions WHERE scope = ?1 AND user = ?2 AND session = ?3";
    internal const string ReadSql = "SELECT record FROM records WHERE session = ?1 AND version > ?2 ORDER BY version";
    internal const string DeleteSql = "DELETE FROM records WHERE session = ?1";
    internal const string ListSql =
        "SELECT session, changed, title FROM sessions WHERE scope = ?1 AND user = ?2 ORDER BY changed DESC LIMIT ?3";
    internal const string UnfinishedSql = "SELECT scope, user, session FROM sessions WHERE unfinished = 1";

    private readonly SqliteDatabase _database;
    private readonly AtRestProtection _protection;

    /// <summary>Makes the journal's tables if they are not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the journal.</param>
    /// <param name="protection">Encrypts the records, or not; null for not.</param>
    /// <exception cref="IOException">The file's journal has a newer version.</exception>
    public SqliteJournal(SqliteDatabase database, AtRestProtection? protection = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _protection = protection ?? AtRestProtection.None;
        database.Add(Schema);
    }

    /// <summary>Gets the database, for what is to be kept in the same file.</summary>
    public SqliteDatabase Database => _database;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">
    /// A record cannot be read, or the file is damaged. The message names the session and the record.
    /// </exception>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(
        SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        var records = await _database.ReadAsync(statements =>
            Find(statements, key) is { } session && session.Version > afterVersion
                ? statements.Query(ReadSql, row => row.GetFieldValue<byte[]>(0), session.Id, afterVersion)
                : []).WaitAsync(cancellationToken).ConfigureAwait(false);

        // On the thread pool: a long history is not parsed in a grain's turn.
        return [.. records.Select((json, index) => Parse(key, afterVersion + index + 1, json))];
    }

    /// <inheritdoc/>
    /// <remarks>An append that is repeated because its answer was lost is kept once.</remarks>
    /// <exception cref="StorageUnavailableException">
    /// The file cannot be written now, for one because the disk is full. Nothing was written, and the same may work later.
    /// </exception>
    public async ValueTask AppendAsync(
        RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        ArgumentNullException.ThrowIfNull(records);
        ArgumentOutOfRangeException.ThrowIfZero(records.Count);
        var json = records.Select((record, index) => _protection.Write(owner.Key, expectedVersion + index + 1, record)).ToArray();
        var append = new Append(
            owner,
            expectedVersion,
            json,
            IsUnfinished(records),
            records[^1].Timestamp.ToUnixTimeMilliseconds(),
            _protection.WriteTitle(owner.Key, JournaledSession.TitleOf(records)),
            (index, stored) => _protection.IsSame(owner.Key, expectedVersion + index + 1, stored, records[index]));
        await _database.WriteAsync(
            statements =>
            {
                append.Do(statements);
                return true;
            },
            json.Sum(record => (long)record.Length)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be written now. Nothing was removed.</exception>
    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        await _database.WriteAsync(statements =>
        {
            if (Find(statements, owner.Key) is { } session)
            {
                statements.Execute(DeleteSql, session.Id);
                statements.Execute("DELETE FROM sessions WHERE id = ?1", session.Id);
            }

            return true;
        }).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public async ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(
        UserKey user, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var sessions = await _database.ReadAsync(statements => statements.Query(
            ListSql,
            row => new JournaledSession(
                user.Session(row.GetString(0)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.IsDBNull(2) ? null : row.GetString(2)),
            user.Scope,
            user.User,
            count)).WaitAsync(cancellationToken);
        return [.. sessions.Select(session => session with { Title = _protection.ReadTitle(session.Key, session.Title) })];
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public Task<IReadOnlyList<SessionKey>> ListUnfinishedAsync(CancellationToken cancellationToken = default) =>
        _database.ReadAsync(statements => statements.Query(UnfinishedSql, row => SqliteKey.Read(row).ToSessionKey()))
            .WaitAsync(cancellationToken);

    /// <summary>Whether the last run has no end after these records; null when they do not say.</summary>
    private static bool? IsUnfinished(IReadOnlyList<JournalRecord> records)
    {
        for (var i = records.Count - 1; i >= 0; i--)
        {
            switch (records[i])
            {
                case RunStartedRecord:
                    return true;
                case RunEndedRecord or RunPausedRecord or ImportedRecord:
                    return false;
            }
        }

        return null;
    }

    private static Session? Find(SqliteStatements statements, SessionKey key) => statements.Query(
        FindSql,
        row => new Session(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetBoolean(3)),
        key.Scope,
        key.User,
        key.Session).SingleOrDefault();

    private JournalRecord Parse(SessionKey key, long version, byte[] json)
    {
        try
        {
            return _protection.Read(key, version, json);
        }
        catch (InvalidDataException e)
        {
            var message = string.Create(CultureInfo.InvariantCulture, $"Record {version} of session {key}: {e.Message}");
            throw new InvalidDataException(message, e);
        }
    }

    private sealed record Session(long Id, long Version, string Writer, bool IsUnfinished);

    /// <summary>Records on their way into the file.</summary>
    private sealed record Append(RunToken Owner, long Expected, byte[][] Json, bool? IsUnfinished, long Changed, string? Title, Func<int, byte[], bool> IsSame)
    {
        public void Do(SqliteStatements statements)
        {
            var session = Find(statements, Owner.Key);
            var version = session?.Version ?? 0;
            if (version != Expected)
            {
                if (session is null || !IsRepeated(statements, session))
                {
                    throw JournalErrors.OtherVersion(Owner, version, Expected);
                }

                return;
            }

            var id = session is null ? Insert(statements) : Update(statements, session);
            for (var i = 0; i < Json.Length; i++)
            {
                statements.Execute("INSERT INTO records VALUES (?1, ?2, CAST(?3 AS TEXT))", id, Expected + i + 1, Json[i]);
            }
        }

        /// <summary>Whether the last append was this one.</summary>
        private bool IsRepeated(SqliteStatements statements, Session session) =>
            session.Writer == Owner.Fence
            && session.Version == Expected + Json.Length
            && statements.Query(ReadSql, row => row.GetFieldValue<byte[]>(0), session.Id, Expected)
                .Index().All(record => IsSame(record.Index, record.Item));

        private long Insert(SqliteStatements statements) => statements.Query(
            """
            INSERT INTO sessions (scope, user, session, version, writer, unfinished, changed, title)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            RETURNING id
            """,
            row => row.GetInt64(0),
            Owner.Key.Scope,
            Owner.Key.User,
            Owner.Key.Session,
            Expected + Json.Length,
            Owner.Fence,
            IsUnfinished ?? false,
            Changed,
            Title)[0];

        private long Update(SqliteStatements statements, Session session)
        {
            statements.Execute(
                "UPDATE sessions SET version = ?2, writer = ?3, unfinished = ?4, changed = ?5, title = coalesce(title, ?6) WHERE id = ?1",
                session.Id,
                Expected + Json.Length,
                Owner.Fence,
                IsUnfinished ?? session.IsUnfinished,
                Changed,
                Title);
            return session.Id;
        }
    }
}
