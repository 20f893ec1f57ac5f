using System.Globalization;
using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

/// <summary>A session as tables name it: three texts, since scopes and users may become more than numbers.</summary>
internal sealed record SqliteKey(string Scope, string User, string Session)
{
    public static SqliteKey Of(SessionKey key) => new(Text(key.Scope), Text(key.User), key.Session);

    /// <summary>Reads a row that begins with the three.</summary>
    public static SqliteKey Read(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public SessionKey ToSessionKey() =>
        new(long.Parse(Scope, CultureInfo.InvariantCulture), long.Parse(User, CultureInfo.InvariantCulture), Session);
}
