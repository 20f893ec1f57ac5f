using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// A SQLite file that serves one process at a time. What was written is on the disk when the write is acknowledged. No caller waits for the
/// disk on a thread of the thread pool: one thread writes, and commits all that waits as one transaction; a few others read.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    // Reads are short and mostly come from the page cache; a few at once keep a long history from holding up the others.
    private const int ReaderCount = 4;

    private const int MostFiles = 99;

    private readonly FileStream _lock;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;

    private SqliteDatabase(string path, FileStream held, ILogger logger)
    {
        (Path, _lock) = (path, held);
        var connections = new List<SqliteConnection>();
        try
        {
            connections.Add(SqliteFile.OpenWriter(path));
            for (var i = 0; i < ReaderCount; i++)
            {
                connections.Add(SqliteFile.OpenReader(path));
            }
        }
        catch
        {
            connections.ForEach(connection => connection.Dispose());
            throw;
        }

        _writer = new SqliteWriter(connections[0], path, logger);
        _readers = new SqliteReaders(connections.Skip(1), path);
    }

    /// <summary>Gets the file's full path.</summary>
    public string Path { get; }

    /// <summary>
    /// Opens a file, and makes it and its folder if they are not there. On Unix only this program's user can read what is made.
    /// </summary>
    /// <param name="path">
    /// The file. SQLite keeps others with longer names (<c>-wal</c>, <c>-shm</c>) next to it, and this class <c>-lock</c>.
    /// </param>
    /// <param name="logger">Hears when the file cannot be written, and when it can be again; null for none.</param>
    /// <returns>The database. Dispose it to complete what is under way and to let another process have the file.</returns>
    /// <exception cref="IOException">
    /// Another process uses the file; or it cannot be made or opened, is no SQLite database, belongs to another program or to a newer
    /// version. The message says so in one sentence.
    /// </exception>
    public static SqliteDatabase Open(string path, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        return TryOpen(full, logger) ?? throw new IOException($"The database '{full}' is in use by another process.");
    }

    /// <summary>
    /// Opens the first of several files that no other process uses: <c>sessions.db</c>, <c>sessions.2.db</c>, <c>sessions.3.db</c>, ...
    /// </summary>
    /// <param name="path">The first of them.</param>
    /// <param name="logger">As in <see cref="Open"/>.</param>
    /// <returns>The database.</returns>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="IOException">As in <see cref="Open"/>, or all of the files are in use.</exception>
    public static SqliteDatabase OpenFirstFree(string path, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        for (var number = 1; number <= MostFiles; number++)
        {
            var candidate = number == 1 ? full : System.IO.Path.ChangeExtension(full, $"{number}{System.IO.Path.GetExtension(full)}");
            if (TryOpen(candidate, logger) is { } database)
            {
                return database;
            }
        }

        throw new IOException($"The database '{full}' and the {MostFiles - 1} next to it are in use by other processes.");
    }

    /// <summary>
    /// Makes a part's tables, or brings them to its newest version. It waits for the disk, so it is for the start of a program.
    /// </summary>
    /// <param name="schema">The part's tables.</param>
    /// <exception cref="IOException">The file has a newer version of them, or is damaged. The message says so in one sentence.</exception>
    /// <exception cref="StorageUnavailableException">The file cannot be written now.</exception>
    public void Add(SqliteSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            WriteAsync(statements =>
            {
                schema.Apply(statements);
                return true;
            }).GetAwaiter().GetResult();
        }
        catch (InvalidDataException e)
        {
            throw Unusable(Path, e);
        }
    }

    /// <summary>Writes, all or nothing. What other callers write at the same time fails or succeeds by itself.</summary>
    /// <typeparam name="T">What the work answers.</typeparam>
    /// <param name="work">
    /// The work, done on the thread that writes: it must be quick, wait for nothing, and change nothing but the database, since it may be
    /// done again. An exception of its undoes what it wrote.
    /// </param>
    /// <param name="bytes">About how much it writes; not negative. Transactions are kept small by it.</param>
    /// <returns>The answer, when it is on the disk.</returns>
    /// <exception cref="StorageUnavailableException">
    /// The file cannot be written now. Nothing was written, and the same may work later.
    /// </exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteStatements, T> work, long bytes = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var job = new SqliteJob<T>(work, bytes);
        _writer.Add(job);
        return job.Done;
    }

    /// <summary>Reads what is committed. It waits for no write.</summary>
    /// <typeparam name="T">What the work answers.</typeparam>
    /// <param name="work">
    /// The work, done on a thread that reads: it should be quick and wait for nothing. All of its statements see the same.
    /// </param>
    /// <returns>The answer.</returns>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public Task<T> ReadAsync<T>(Func<SqliteStatements, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var job = new SqliteJob<T>(work, 0);
        _readers.Add(job);
        return job.Done;
    }

    /// <summary>Completes what is under way, and lets another process have the file.</summary>
    public void Dispose()
    {
        _readers.Dispose();
        _writer.Dispose();
        _lock.Dispose();
    }

    private static SqliteDatabase? TryOpen(string path, ILogger? logger)
    {
        FileStream? held = null;
        try
        {
            // Two names of one file have one lock.
            path = new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;
            held = SqliteFile.TryLock(path);
            return held is null ? null : new SqliteDatabase(path, held, logger ?? NullLogger.Instance);
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException or UnauthorizedAccessException or IOException)
        {
            held?.Dispose();
            throw Unusable(path, e);
        }
    }

    private static IOException Unusable(string path, Exception exception)
    {
        var error = exception as SqliteException ?? exception.InnerException as SqliteException;
        var reason = error is null ? exception.Message.TrimEnd('.') : SqliteFaults.Reason(error);
        return new IOException($"The database '{path}' cannot be opened: {reason}.", exception);
    }
}
