namespace AgentStream.Storage.Sqlite;

/// <summary>Work that waits for a connection, and tells its caller what came of it.</summary>
internal abstract class SqliteJob(long bytes)
{
    /// <summary>About how much it writes.</summary>
    public long Bytes => bytes;

    /// <summary>Why it failed by itself, while other jobs of its transaction did not; null when it did not.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Does the work. It may be done again when the transaction could not be committed.</summary>
    public abstract void Run(SqliteStatements statements);

    /// <summary>Gives the caller the result, or <see cref="Failure"/>.</summary>
    public abstract void Complete();

    /// <summary>Gives the caller an exception.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>Work with a result.</summary>
internal sealed class SqliteJob<T>(Func<SqliteStatements, T> work, long bytes) : SqliteJob(bytes)
{
    // The caller continues elsewhere, not on the connection's thread.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Done => _done.Task;

    public override void Run(SqliteStatements statements) => _result = work(statements);

    public override void Complete()
    {
        if (Failure is null)
        {
            _done.TrySetResult(_result);
        }
        else
        {
            _done.TrySetException(Failure);
        }
    }

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
