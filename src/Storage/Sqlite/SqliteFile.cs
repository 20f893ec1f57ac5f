using System.Globalization;
using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

/// <summary>The file of a database: who may have it, and how it is opened.</summary>
internal static class SqliteFile
{
    /// <summary>Only this program's user reads and writes the files.</summary>
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Only this program's user looks into the folder, when it is made here. Folders above it are made as usual.</summary>
    public const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute;

    // Told from other programs' databases by it: 'AgSt'.
    private const long ApplicationId = 0x41675374;

    // Of the file as a whole; tables have versions of their own (SqliteSchema).
    private const long Format = 1;

    /// <summary>How long a write waits for another program, such as a person at sqlite3, in seconds.</summary>
    public const int BusySeconds = 5;

    // The log of a big import is cut back to this many bytes when it has been written to the file.
    private const long LogBytes = 64 << 20;

    /// <summary>
    /// Makes the file if it is not there, and keeps other processes out until the answer is disposed. The lock is a file of its own:
    /// SQLite's exclusive mode would keep the readers of this process out, too.
    /// </summary>
    /// <returns>The lock; null when another process has it.</returns>
    /// <exception cref="InvalidDataException">It is no file; the message is the rest of a sentence.</exception>
    public static FileStream? TryLock(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, FolderMode);
        }

        if (Directory.Exists(path))
        {
            throw new InvalidDataException("it is a folder");
        }

        FileStream? held = null;
        try
        {
            held = new FileStream(path + "-lock", Options(FileShare.None));

            // SQLite gives its other files (-wal, -shm) the mode of this one.
            new FileStream(path, Options(FileShare.ReadWrite)).Dispose();
            return held;
        }
        catch (IOException e) when (held is null && IsSharingViolation(e))
        {
            return null;
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Opens the connection that writes.</summary>
    /// <exception cref="InvalidDataException">The file is not one of ours; the message is the rest of a sentence.</exception>
    public static SqliteConnection OpenWriter(string path)
    {
        var connection = Open(path, SqliteOpenMode.ReadWrite);
        try
        {
            Check(connection);
            if (Ask(connection, "PRAGMA journal_mode = WAL") is not "wal")
            {
                throw new InvalidDataException("its file system cannot share memory, which a write-ahead log needs");
            }

            Execute(connection, string.Create(
                CultureInfo.InvariantCulture,
                $"""
                PRAGMA synchronous = FULL;
                PRAGMA journal_size_limit = {LogBytes};
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {Format};
                """));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads.</summary>
    public static SqliteConnection OpenReader(string path) => Open(path, SqliteOpenMode.ReadOnly);

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds };
        var connection = new SqliteConnection(settings.ConnectionString);
        connection.Open();
        Execute(connection, "PRAGMA temp_store = MEMORY");
        return connection;
    }

    /// <summary>Looks before anything is changed.</summary>
    private static void Check(SqliteConnection connection)
    {
        var (id, format) = ((long)Ask(connection, "PRAGMA application_id"), (long)Ask(connection, "PRAGMA user_version"));
        var isNew = id == 0 && format == 0 && (long)Ask(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        if (!isNew && id != ApplicationId)
        {
            throw new InvalidDataException("it belongs to another program");
        }

        if (format > Format)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"a newer AgentStream wrote it, in format {format}, and this one knows formats up to {Format}"));
        }
    }

    private static object Ask(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static FileStreamOptions Options(FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        return options;
    }

    /// <summary>.NET has no exception of its own for it: EWOULDBLOCK on Linux and on macOS, and ERROR_SHARING_VIOLATION.</summary>
    private static bool IsSharingViolation(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
