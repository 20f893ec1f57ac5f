using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Sqlite;

public sealed partial class SqliteJournal
{
    /// <summary>Records on their way into the file.</summary>
    private sealed record Append(
        RunToken Owner,
        long Expected,
        StoredRecord[] Records,
        long Replaced,
        LimitOptions? Limits,
        bool? IsUnfinished,
        long? Changed,
        long Now,
        string? Title,
        bool IsNamed,
        Func<int, byte[], bool> IsSame)
    {
        /// <summary>The first record that stays.</summary>
        private int First => (int)Math.Max(0, Replaced - Expected);

        public void Do(SqliteStatements statements)
        {
            var session = Find(statements, Owner.Key);
            var version = session?.Version ?? 0;
            if (version != Expected)
            {
                if (session is null || !IsRepeated(statements, session))
                {
                    throw JournalErrors.OtherVersion(Owner, version, Expected);
                }

                return;
            }

            var before = session?.Bytes ?? 0;
            var after = (Replaced > 0 ? 0 : before) + Records.Skip(First).Sum(record => record.Json.Length);
            if (Limits is not null)
            {
                UsageOf(statements, Owner.Key.Scope, Owner.Key.User).Check(Limits, session is null, before, after);
            }

            var id = session is null ? Insert(statements, after) : Update(statements, session, after);
            if (Replaced > 0)
            {
                statements.Execute(DropSql, id, Replaced);
                statements.Execute(DropPiecesSql, id, Replaced);
            }

            for (var i = First; i < Records.Length; i++)
            {
                Records[i].Insert(statements, id, Expected + i + 1);
            }
        }

        /// <summary>Whether the last append was this one.</summary>
        private bool IsRepeated(SqliteStatements statements, Session session) =>
            session.Writer == Owner.Fence
            && session.Version == Expected + Records.Length
            && statements.Query(ReadSql, row => Record(statements, session.Id, row, isWhole: true), session.Id, Expected)
                .Index().All(record => IsSame(First + record.Index, record.Item));

        private long Insert(SqliteStatements statements, long bytes) => statements.Query(
            """
            INSERT INTO sessions (scope, user, session, version, writer, unfinished, changed, title, bytes)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            RETURNING id
            """,
            row => row.GetInt64(0),
            Owner.Key.Scope,
            Owner.Key.User,
            Owner.Key.Session,
            Expected + Records.Length,
            Owner.Fence,
            IsUnfinished ?? false,
            Changed ?? Now,
            Title,
            bytes)[0];

        private long Update(SqliteStatements statements, Session session, long bytes)
        {
            statements.Execute(
                """
                UPDATE sessions SET version = ?2, writer = ?3, unfinished = ?4, changed = coalesce(?5, changed), title = iif(?8, ?6, coalesce(title, ?6)), bytes = ?7
                WHERE id = ?1
                """,
                session.Id,
                Expected + Records.Length,
                Owner.Fence,
                IsUnfinished ?? session.IsUnfinished,
                Changed,
                Title,
                bytes,
                IsNamed);
            return session.Id;
        }
    }
}
