using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// A few threads that read, each by a connection of its own: a read sees what was committed when it began, and waits for no write.
/// </summary>
internal sealed class SqliteReaders : IDisposable
{
    private readonly BlockingCollection<SqliteJob> _jobs = [];
    private readonly string _path;
    private readonly Thread[] _threads;

    /// <param name="connections">The connections, which are the readers' from now on.</param>
    /// <param name="path">The file, for errors.</param>
    public SqliteReaders(IEnumerable<SqliteConnection> connections, string path)
    {
        _path = path;
        _threads =
        [
            .. connections.Select(connection => new Thread(() => Work(connection)) { IsBackground = true, Name = "SQLite reader" }),
        ];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Has a job done.</summary>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public void Add(SqliteJob job)
    {
        ObjectDisposedException.ThrowIf(_jobs.IsAddingCompleted, typeof(SqliteDatabase));
        _jobs.Add(job);
    }

    /// <summary>Does what waits, and closes the connections.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Work(SqliteConnection connection)
    {
        using var mine = connection;
        var statements = new SqliteStatements(connection);
        foreach (var job in _jobs.GetConsumingEnumerable())
        {
            try
            {
                Run(job, connection, statements);
                job.Complete();
            }
            catch (Exception e)
            {
                job.Fail(e is SqliteException error ? SqliteFaults.For(error, _path) : e);
            }
        }
    }

    /// <summary>In a transaction, so that all statements of a job see the same.</summary>
    private static void Run(SqliteJob job, SqliteConnection connection, SqliteStatements statements)
    {
        statements.Execute("BEGIN");
        try
        {
            job.Run(statements);
        }
        finally
        {
            // Some errors have ended it already.
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                statements.Execute("ROLLBACK");
            }
        }
    }
}
