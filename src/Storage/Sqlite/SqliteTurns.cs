using System.Collections.Concurrent;

namespace AgentStream.Storage.Sqlite;

/// <summary>
/// Finds sessions in an index by scope, user and session. Users take turns, and so do the sessions of each. Each step is one search of the index, so the cost is that of the answer. A file serves one
/// process, so the places where the next turns begin are kept in memory.
/// </summary>
/// <param name="table">The table that has such an index.</param>
internal sealed class SqliteTurns(string table)
{
    // What is remembered only makes the sessions of users with very many take turns, so it may be forgotten when it is this much.
    private const int MostPlaces = 1_024;

    // No id is empty, so this is before all of them.
    private static readonly SqliteKey Beginning = new("", "", "");

    private readonly ConcurrentDictionary<SqliteKey, SqliteKey> _sessionPlaces = [];
    private volatile SqliteKey _userPlace = Beginning;

    /// <summary>Finds the user after one; parameters are the scope and the user.</summary>
    internal string NextUserSql { get; } = $"SELECT scope, user, '' FROM {table} WHERE (scope, user) > (?1, ?2) ORDER BY scope, user LIMIT 1";

    /// <summary>Finds the session of a user after another; parameters are the three.</summary>
    internal string NextSessionSql { get; } =
        $"SELECT scope, user, session FROM {table} WHERE scope = ?1 AND user = ?2 AND session > ?3 ORDER BY session LIMIT 1";

    /// <summary>The next sessions, each once.</summary>
    /// <param name="statements">Reads.</param>
    /// <param name="count">The most sessions.</param>
    public IReadOnlyList<SqliteKey> Next(SqliteStatements statements, int count)
    {
        var users = Next(_userPlace, Beginning, count, place => statements.Query(NextUserSql, SqliteKey.Read, place.Scope, place.User));
        if (users.Count == 0)
        {
            _sessionPlaces.Clear();
            return [];
        }

        _userPlace = users[^1];
        return [.. users.SelectMany(user => NextOf(statements, user, count / users.Count))];
    }

    private List<SqliteKey> NextOf(SqliteStatements statements, SqliteKey user, int share)
    {
        var sessions = Next(
            _sessionPlaces.GetValueOrDefault(user, user),
            user,
            share,
            place => statements.Query(NextSessionSql, SqliteKey.Read, user.Scope, user.User, place.Session));
        if (sessions.Count < share)
        {
            _sessionPlaces.TryRemove(user, out _);
            return sessions;
        }

        if (_sessionPlaces.Count >= MostPlaces)
        {
            _sessionPlaces.Clear();
        }

        _sessionPlaces[user] = sessions[^1];
        return sessions;
    }

    /// <summary>Goes from a place to the end, and once around from the beginning.</summary>
    private static List<SqliteKey> Next(SqliteKey place, SqliteKey beginning, int count, Func<SqliteKey, IReadOnlyList<SqliteKey>> after)
    {
        var found = new List<SqliteKey>();
        for (var isAround = false; found.Count < count;)
        {
            if (after(place) is [var next])
            {
                if (found is [var first, ..] && first == next)
                {
                    break;
                }

                found.Add(next);
                place = next;
            }
            else if (isAround)
            {
                break;
            }
            else
            {
                (isAround, place) = (true, beginning);
            }
        }

        return found;
    }
}
