namespace AgentStream.Storage.Sqlite;

/// <summary>
/// Describes the tables of one part of the program in a <see cref="SqliteDatabase"/>. Each part has a version of its own in the file, so
/// that parts can be added and changed without knowing of each other.
/// </summary>
/// <param name="Part">The part's name, under which the file keeps its version. It never changes.</param>
/// <param name="Steps">
/// The SQL that makes the tables. Step n brings them from version n - 1 to version n, in one transaction. A step that was released is never
/// changed; a change is a step more.
/// </param>
public sealed record SqliteSchema(string Part, IReadOnlyList<string> Steps)
{
    /// <summary>Brings the tables to the newest version.</summary>
    /// <exception cref="InvalidDataException">The file has a newer one; the message is the rest of a sentence.</exception>
    internal void Apply(SqliteStatements statements)
    {
        statements.Execute("CREATE TABLE IF NOT EXISTS parts (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID");
        var version = statements.Query("SELECT version FROM parts WHERE part = ?1", row => row.GetInt32(0), Part).SingleOrDefault();
        if (version > Steps.Count)
        {
            throw new InvalidDataException(
                $"a newer AgentStream wrote it, its part '{Part}' in version {version}, and this one knows versions up to {Steps.Count}");
        }

        foreach (var step in Steps.Skip(version))
        {
            statements.Execute(step);
        }

        statements.Execute("INSERT INTO parts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET version = excluded.version", Part, Steps.Count);
    }
}
