using System.Globalization;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// A journal in a SQLite file of one process. The file serves one process at a time, so the version alone proves who may write. What
/// several sessions append at the same time costs one flush.
/// </summary>
public sealed partial class SqliteJournal : ISessionJournal
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

        // What a user has is a row of usage, and what all users of a scope have is one with an empty user.
        """
        ALTER TABLE sessions ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
        UPDATE sessions SET bytes = (SELECT coalesce(sum(length(CAST(record AS BLOB))), 0) FROM records WHERE records.session = sessions.id);
        CREATE TABLE usage (
            scope TEXT NOT NULL,
            user TEXT NOT NULL,
            sessions INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (scope, user)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO usage SELECT scope, user, count(*), sum(bytes) FROM sessions GROUP BY scope, user;
        INSERT INTO usage SELECT scope, '', count(*), sum(bytes) FROM sessions GROUP BY scope;
        CREATE TRIGGER session_added AFTER INSERT ON sessions BEGIN
            INSERT INTO usage VALUES (new.scope, new.user, 1, new.bytes), (new.scope, '', 1, new.bytes)
            ON CONFLICT DO UPDATE SET sessions = sessions + 1, bytes = bytes + excluded.bytes;
        END;
        CREATE TRIGGER session_changed AFTER UPDATE OF bytes ON sessions BEGIN
            UPDATE usage SET bytes = bytes + new.bytes - old.bytes WHERE scope = new.scope AND user IN (new.user, '');
        END;
        CREATE TRIGGER session_deleted AFTER DELETE ON sessions BEGIN
            UPDATE usage SET sessions = sessions - 1, bytes = bytes - old.bytes WHERE scope = old.scope AND user IN (old.user, '');
            DELETE FROM usage WHERE scope = old.scope AND user IN (old.user, '') AND sessions = 0;
        END;
        """,

        // A list has pages: each place in it is that of one session.
        """
        DROP INDEX sessions_by_change;
        CREATE INDEX sessions_by_change ON sessions (scope, user, changed, session);
        """,

        // A long record is here, and in its row of records is what a reader gets who needs no imported messages, or nothing.
        """
        CREATE TABLE pieces (
            session INTEGER NOT NULL,
            version INTEGER NOT NULL,
            number INTEGER NOT NULL,
            piece BLOB NOT NULL,
            PRIMARY KEY (session, version, number)
        ) STRICT;
        """,
    ]);

    internal const string FindSql = "SELECT id, version, writer, unfinished, bytes FROM sessions WHERE scope = ?1 AND user = ?2 AND session = ?3";
    internal const string ReadSql = """
        SELECT record, version, (SELECT sum(length(piece)) FROM pieces WHERE pieces.session = records.session AND pieces.version = records.version)
        FROM records WHERE session = ?1 AND version > ?2 ORDER BY version
        """;

    internal const string PiecesSql = "SELECT piece FROM pieces WHERE session = ?1 AND version = ?2 ORDER BY number";
    internal const string DropSql = "DELETE FROM records WHERE session = ?1 AND version <= ?2";
    internal const string DropPiecesSql = "DELETE FROM pieces WHERE session = ?1 AND version <= ?2";
    internal const string UsageSql = "SELECT user, sessions, bytes FROM usage WHERE scope = ?1 AND user IN (?2, '')";
    internal const string DeleteSql = "DELETE FROM records WHERE session = ?1";
    internal const string DeletePiecesSql = "DELETE FROM pieces WHERE session = ?1";
    internal const string UnfinishedSql = "SELECT scope, user, session FROM sessions WHERE unfinished = 1";

    // A page of a read has about this many bytes, and at most one record more.
    private const int PageBytes = 1 << 20;

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
    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        ReadAsync(key, afterVersion, isWhole: true, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>What is encrypted comes whole.</remarks>
    /// <exception cref="InvalidDataException">As above.</exception>
    /// <exception cref="StorageUnavailableException">As above.</exception>
    public ValueTask<IReadOnlyList<JournalRecord>> ReadWithoutImportsAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        ReadAsync(key, afterVersion, isWhole: false, cancellationToken);

    private async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, bool isWhole, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        using var turn = new LargeReads();
        var records = new List<JournalRecord>();
        for (var (version, id) = (afterVersion, 0L); ;)
        {
            var page = await _database.ReadAsync(statements => Read(statements, key, version, isWhole)).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (id != 0 && page.Id != id)
            {
                // It was deleted meanwhile.
                records.Clear();
                (version, id) = (afterVersion, 0);
                continue;
            }

            // On the thread pool: a long history is not parsed in a grain's turn.
            records.AddRange(page.Records.Select(record => Parse(key, record.Version, record.Json)));
            if (!page.IsMore)
            {
                return records;
            }

            (version, id) = (page.Records[^1].Version, page.Id);
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>An append that is repeated because its answer was lost is kept once.</remarks>
    /// <exception cref="StorageUnavailableException">
    /// The file cannot be written now, for one because the disk is full. Nothing was written, and the same may work later.
    /// </exception>
    public ValueTask AppendAsync(
        RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
        AppendAsync(owner, expectedVersion, records, limits: null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>An append that is repeated because its answer was lost is kept once.</remarks>
    /// <exception cref="StorageUnavailableException">As above.</exception>
    public async ValueTask AppendAsync(
        RunToken owner,
        long expectedVersion,
        IReadOnlyList<JournalRecord> records,
        LimitOptions? limits,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        ArgumentNullException.ThrowIfNull(records);
        ArgumentOutOfRangeException.ThrowIfZero(records.Count);
        var buffers = new List<ChunkedBuffer>();
        var json = records.Select((record, index) => Write(owner.Key, expectedVersion + index + 1, record, buffers)).ToArray();
        var append = new Append(
            owner,
            expectedVersion,
            json,
            ReplacedRecords.Before(records, expectedVersion),
            limits,
            JournaledSession.HasUnfinishedRun(records),
            JournaledSession.ChangedAt(records)?.ToUnixTimeMilliseconds(),
            records[^1].Timestamp.ToUnixTimeMilliseconds(),
            _protection.WriteTitle(owner.Key, JournaledSession.TitleOf(records)),
            JournaledSession.NameOf(records) is not null,
            (index, stored) => _protection.IsSame(owner.Key, expectedVersion + index + 1, stored, records[index]));
        await _database.WriteAsync(
            statements =>
            {
                append.Do(statements);
                return true;
            },
            json.Sum(record => record.Json.Length)).WaitAsync(cancellationToken);

        // When nobody waits any more, it may still be written.
        buffers.ForEach(buffer => buffer.Dispose());
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
                statements.Execute(DeletePiecesSql, session.Id);
                statements.Execute("DELETE FROM sessions WHERE id = ?1", session.Id);
            }

            return true;
        }).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public async ValueTask<JournalUsage?> GetUsageAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        return await _database.ReadAsync(statements => UsageOf(statements, user.Scope, user.User)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public Task<IReadOnlyList<SessionKey>> ListUnfinishedAsync(CancellationToken cancellationToken = default) =>
        _database.ReadAsync(statements => statements.Query(UnfinishedSql, row => SqliteKey.Read(row).ToSessionKey()))
            .WaitAsync(cancellationToken);

    private static Session? Find(SqliteStatements statements, SessionKey key) => statements.Query(
        FindSql,
        row => new Session(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetBoolean(3), row.GetInt64(4)),
        key.Scope,
        key.User,
        key.Session).SingleOrDefault();

    /// <summary>Reads a page: some bytes, and at most one record more.</summary>
    private static Page Read(SqliteStatements statements, SessionKey key, long afterVersion, bool isWhole)
    {
        if (Find(statements, key) is not { } session || session.Version <= afterVersion)
        {
            return new(0, [], IsMore: false);
        }

        var bytes = 0L;
        var records = statements.QueryWhile(
            ReadSql,
            row => (row.GetInt64(1), Record(statements, session.Id, row, isWhole)),
            row => (bytes += row.Item2.Length) < PageBytes,
            session.Id,
            afterVersion);
        return new(session.Id, records, bytes >= PageBytes);
    }

    private static JournalUsage UsageOf(SqliteStatements statements, string scope, string user)
    {
        var rows = statements.Query(UsageSql, row => (IsScope: row.GetString(0).Length == 0, Sessions: row.GetInt64(1), Bytes: row.GetInt64(2)), scope, user);
        var (mine, all) = (rows.FirstOrDefault(row => !row.IsScope), rows.FirstOrDefault(row => row.IsScope));
        return new(new(mine.Sessions, all.Sessions), new(mine.Bytes, all.Bytes));
    }

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

    private sealed record Session(long Id, long Version, string Writer, bool IsUnfinished, long Bytes);

    private sealed record Page(long Id, IReadOnlyList<(long Version, byte[] Json)> Records, bool IsMore);
}
