using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>
/// This assembly as a program of its own: it appends to the journal of a file until it is killed, and says what is kept. <see
/// cref="SqliteKillTests"/> starts it.
/// </summary>
internal static class Appender
{
    public const int Sessions = 16;

    public static SessionKey Session(int number) => new(1, 1, $"s{number}");

    public static async Task<int> Main(string[] args)
    {
        using var database = SqliteDatabase.Open(args.Single());
        var journal = new SqliteJournal(database);
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(number => Task.Run(() => AppendAsync(journal, number))));
        return 0;
    }

    public static JournalRecord Record(long version) =>
        new RequestRecord((int)version, [new UserPromptPart(new string('x', (int)(version % 50) * 100)) { Timestamp = default }]) { Timestamp = default };

    private static async Task AppendAsync(SqliteJournal journal, int number)
    {
        var run = new RunToken(Session(number), "silo", "run");
        var version = (await journal.ReadAsync(run.Key, 0)).Count;
        while (true)
        {
            // Of different sizes, one and two at once.
            JournalRecord[] records = [.. Enumerable.Range(version, 1 + (version % 2)).Select(next => Record(next))];
            await journal.AppendAsync(run, version, records);
            version += records.Length;
            Console.WriteLine($"{number} {version}");
        }
    }
}
