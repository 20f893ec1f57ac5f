using System.Buffers;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Data.Sqlite;

namespace AgentStream.Storage.Sqlite;

/// <summary>Long records are written and read in pieces. As one value, each would be in memory several times: here, as a parameter, and as a row.</summary>
public sealed partial class SqliteJournal
{
    private const int PieceBytes = 64 << 10;

    /// <summary>A record as it is kept. A long import stays in the buffer that it was written to.</summary>
    private StoredRecord Write(SessionKey key, long version, JournalRecord record, List<ChunkedBuffer> buffers)
    {
        if (record is not ImportedRecord imported || _protection.IsOn)
        {
            return new(new(_protection.Write(key, version, record)), []);
        }

        var buffer = new ChunkedBuffer();
        buffers.Add(buffer);
        JournalRecordJson.Write(record, buffer);
        var json = buffer.ToSequence();
        return new(json, json.Length > PieceBytes ? JournalRecordJson.Write(imported with { Messages = [] }) : []);
    }

    /// <summary>The record of a row of <see cref="ReadSql"/>.</summary>
    private static byte[] Record(SqliteStatements statements, long session, SqliteDataReader row, bool isWhole)
    {
        var record = row.GetFieldValue<byte[]>(0);
        if (row.IsDBNull(2) || (!isWhole && record.Length > 0))
        {
            return record;
        }

        var (whole, at) = (new byte[row.GetInt32(2)], 0);
        statements.Query(
            PiecesSql,
            piece =>
            {
                var bytes = piece.GetFieldValue<byte[]>(0);
                bytes.CopyTo(whole, at);
                return at += bytes.Length;
            },
            session,
            row.GetInt64(1));
        return whole;
    }

    /// <param name="Json">All of it.</param>
    /// <param name="Short">It without imported messages, if it is kept in pieces; may be empty.</param>
    private sealed record StoredRecord(ReadOnlySequence<byte> Json, byte[] Short)
    {
        public void Insert(SqliteStatements statements, long session, long version)
        {
            var isLong = Json.Length > PieceBytes;
            statements.Execute("INSERT INTO records VALUES (?1, ?2, CAST(?3 AS TEXT))", session, version, isLong ? Short : Json.ToArray());
            for (var (rest, number, piece) = (Json, 0, Array.Empty<byte>()); isLong && !rest.IsEmpty; number++)
            {
                var length = (int)Math.Min(rest.Length, PieceBytes);
                piece = piece.Length == length ? piece : new byte[length];
                rest.Slice(0, length).CopyTo(piece);
                statements.Execute("INSERT INTO pieces VALUES (?1, ?2, ?3, ?4)", session, version, number, piece);
                rest = rest.Slice(length);
            }
        }
    }
}
