using System.Collections.Concurrent;
using AgentStream.Logs;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// The one thread that writes. It takes what waits and commits it as one transaction, so that all of it costs one flush. A job that fails
/// by itself is rolled back by itself. It is a thread of its own since a flush blocks, and the thread pool has better things to do.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // Bound what a job waits for: other jobs' work, and a transaction that is written twice, to the log and later to the file.
    private const int MaxJobs = 1_024;
    private const long MaxBytes = 8 << 20;

    private readonly SqliteConnection _connection;
    private readonly SqliteStatements _statements;
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly BlockingCollection<SqliteJob> _jobs = [];
    private readonly List<SqliteJob> _batch = [];
    private readonly Thread _thread;
    private bool _isOut;

    /// <param name="connection">The connection, which is the writer's from now on.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="logger">Hears of outages.</param>
    public SqliteWriter(SqliteConnection connection, string path, ILogger logger)
    {
        (_connection, _statements, _path, _logger) = (connection, new SqliteStatements(connection), path, logger.Safe());
        _thread = new Thread(Work) { IsBackground = true, Name = "SQLite writer" };
        _thread.Start();
    }

    /// <summary>Has a job done.</summary>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public void Add(SqliteJob job)
    {
        ObjectDisposedException.ThrowIf(_jobs.IsAddingCompleted, typeof(SqliteDatabase));
        _jobs.Add(job);
    }

    /// <summary>Does what waits, and closes the connection.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
        _connection.Dispose();
    }

    private void Work()
    {
        foreach (var first in _jobs.GetConsumingEnumerable())
        {
            _batch.Add(first);
            var bytes = first.Bytes;
            while (_batch.Count < MaxJobs && bytes < MaxBytes && _jobs.TryTake(out var next))
            {
                _batch.Add(next);
                bytes += next.Bytes;
            }

            try
            {
                Commit(_batch);
            }
            catch (Exception e)
            {
                _batch.ForEach(job => job.Fail(e));
            }

            _batch.Clear();
        }
    }

    private void Commit(List<SqliteJob> jobs)
    {
        try
        {
            Run(jobs);
        }
        catch (SqliteException e)
        {
            Undo();
            if (jobs.Count > 1 && !SqliteFaults.IsBusy(e))
            {
                // One of them may have been too much; the others are not to suffer for it.
                jobs.ForEach(job => Commit([job]));
            }
            else
            {
                Failed(e);
                jobs.ForEach(job => job.Fail(SqliteFaults.For(e, _path)));
            }

            return;
        }

        Worked();
        jobs.ForEach(job => job.Complete());
    }

    private void Run(List<SqliteJob> jobs)
    {
        _statements.Execute("BEGIN IMMEDIATE");
        foreach (var job in jobs)
        {
            _statements.Execute("SAVEPOINT job");
            try
            {
                job.Failure = null;
                job.Run(_statements);
            }
            catch (Exception e) when (e is not SqliteException error || !SqliteFaults.IsOutage(error))
            {
                job.Failure = e is SqliteException own ? SqliteFaults.For(own, _path) : e;
                _statements.Execute("ROLLBACK TO job");
            }

            _statements.Execute("RELEASE job");
        }

        _statements.Execute("COMMIT");
    }

    /// <summary>Some errors have rolled the transaction back already.</summary>
    private void Undo()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            _statements.Execute("ROLLBACK");
        }
    }

    private void Failed(SqliteException exception)
    {
        if (!_isOut && SqliteFaults.IsOutage(exception))
        {
            _isOut = true;
            _logger.DatabaseOut(_path, SqliteFaults.Reason(exception));
        }
    }

    private void Worked()
    {
        if (_isOut)
        {
            _isOut = false;
            _logger.DatabaseBack(_path);
        }
    }
}
