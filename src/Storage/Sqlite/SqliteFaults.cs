using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AgentStream.Storage.Sqlite;

/// <summary>What SQLite's errors mean here.</summary>
internal static class SqliteFaults
{
    /// <summary>Whether the medium is at fault, so that the same may work later.</summary>
    public static bool IsOutage(SqliteException exception) => exception.SqliteErrorCode is
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_READONLY or raw.SQLITE_INTERRUPT or raw.SQLITE_IOERR
        or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN or raw.SQLITE_PROTOCOL;

    /// <summary>Whether another connection was in the way.</summary>
    public static bool IsBusy(SqliteException exception) => exception.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>Why, in a few words.</summary>
    public static string Reason(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => "the disk is full",
        raw.SQLITE_BUSY => "another program holds it locked",
        raw.SQLITE_NOTADB => "it is no SQLite database, or is damaged",
        raw.SQLITE_CORRUPT => "it is damaged",
        _ => raw.sqlite3_errstr(exception.SqliteExtendedErrorCode).utf8_to_string(),
    };

    /// <summary>
    /// What a caller gets for an error: an outage is one, damage is invalid data, and anything else is as SQLite says it.
    /// </summary>
    /// <param name="exception">The error.</param>
    /// <param name="path">The file. Only its name is told: what callers get may be shown to users.</param>
    public static Exception For(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        _ when IsOutage(exception) =>
            new StorageUnavailableException($"The database '{Path.GetFileName(path)}' cannot be used: {Reason(exception)}.", exception),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB =>
            new InvalidDataException($"The database '{Path.GetFileName(path)}' cannot be read: it is damaged.", exception),
        _ => exception,
    };
}
