using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// The statements of one connection. Each is prepared once, so its text must not be made of values: those are parameters, <c>?1</c>,
/// <c>?2</c>, ...
/// </summary>
public sealed class SqliteStatements
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    internal SqliteStatements(SqliteConnection connection) => _connection = connection;

    /// <summary>Executes a statement that answers nothing, or several of them without parameters.</summary>
    /// <param name="sql">The SQL.</param>
    /// <param name="values">
    /// The values of its parameters: null, <see cref="long"/>, <see cref="int"/>, <see cref="bool"/>, <see cref="string"/> or <see
    /// cref="byte"/>[].
    /// </param>
    /// <returns>How many rows were inserted, changed or deleted.</returns>
    /// <exception cref="SqliteException">
    /// SQLite does not do it. The database turns it into an exception of its own, see <see cref="SqliteDatabase.WriteAsync"/>.
    /// </exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

    /// <summary>Executes a statement that answers rows.</summary>
    /// <typeparam name="T">What a row becomes.</typeparam>
    /// <param name="sql">The SQL.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="values">The values of its parameters, as in <see cref="Execute"/>.</param>
    /// <returns>The rows, all of them read.</returns>
    /// <exception cref="SqliteException">As in <see cref="Execute"/>.</exception>
    public IReadOnlyList<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        ArgumentNullException.ThrowIfNull(read);
        return QueryWhile(sql, read, static _ => true, values);
    }

    /// <summary>As <see cref="Query"/>, up to the first row that is not to be followed by another.</summary>
    internal IReadOnlyList<T> QueryWhile<T>(string sql, Func<SqliteDataReader, T> read, Func<T, bool> isMore, params ReadOnlySpan<object?> values)
    {
        using var rows = Prepare(sql, values).ExecuteReader();
        var list = new List<T>();
        while (rows.Read())
        {
            list.Add(read(rows));
            if (!isMore(list[^1]))
            {
                break;
            }
        }

        return list;
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i + 1}" });
            }

            _prepared.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
