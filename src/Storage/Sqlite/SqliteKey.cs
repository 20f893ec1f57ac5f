using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

/// <summary>A session as tables name it: what they hold, whatever that is.</summary>
internal sealed record SqliteKey(string Scope, string User, string Session)
{
    /// <summary>Whether it names a session: another program may have written to the file.</summary>
    public bool IsValid => UserKey.IsId(Scope) && UserKey.IsId(User) && SessionKey.IsSessionId(Session);

    public static SqliteKey Of(SessionKey key) => new(key.Scope, key.User, key.Session);

    /// <summary>Reads a row that begins with the three.</summary>
    public static SqliteKey Read(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));

    public SessionKey ToSessionKey() => new(Scope, User, Session);
}
