using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace AgentStream.Storage.Sqlite;

/// <summary>The keys of Data Protection in a SQLite file.</summary>
/// <remarks>Data Protection has no asynchronous repositories. It reads once a day, and when it meets a key that it does not know.</remarks>
public sealed class SqliteKeyRepository : IXmlRepository
{
    private static readonly SqliteSchema Schema = new("keys", ["CREATE TABLE keys (id INTEGER PRIMARY KEY, xml TEXT NOT NULL) STRICT;"]);

    private readonly SqliteDatabase _database;

    /// <summary>Makes the table if it is not there. It waits for the disk.</summary>
    /// <param name="database">The database; it is not disposed with the repository.</param>
    /// <exception cref="IOException">The file's keys have a newer version.</exception>
    public SqliteKeyRepository(SqliteDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        database.Add(Schema);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be read now.</exception>
    public IReadOnlyCollection<XElement> GetAllElements() =>
        _database.ReadAsync(statements => statements.Query("SELECT xml FROM keys ORDER BY id", row => XElement.Parse(row.GetString(0)))).GetAwaiter().GetResult();

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The file cannot be written now.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        ArgumentNullException.ThrowIfNull(element);
        var xml = element.ToString(SaveOptions.DisableFormatting);
        _database.WriteAsync(statements => statements.Execute("INSERT INTO keys (xml) VALUES (?1)", xml)).GetAwaiter().GetResult();
    }
}
