using System.Diagnostics;
using System.Globalization;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Sqlite;

/// <summary>A process that appends is killed, again and again.</summary>
public sealed class SqliteKillTests : IDisposable
{
    private const int Kills = 10;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_after_it()
    {
        var file = Path.Combine(_folder.FullName, "sessions.db");
        var acknowledged = new long[Appender.Sessions];
        for (var kill = 1; kill <= Kills; kill++)
        {
            await AppendUntilKilledAsync(file, lines: kill * 37, acknowledged);

            using var database = SqliteDatabase.Open(file);
            var journal = new SqliteJournal(database);
            for (var number = 0; number < Appender.Sessions; number++)
            {
                var records = await journal.ReadAsync(Appender.Session(number), 0);

                // At most one append was under way in each session, and it is there whole or not at all.
                Assert.Contains(records.Count - acknowledged[number], new long[] { 0, 1 + (acknowledged[number] % 2) });
                Assert.Equal(
                    Enumerable.Range(0, records.Count).Select(version => Convert.ToBase64String(JournalRecordJson.Write(Appender.Record(version)))),
                    records.Select(record => Convert.ToBase64String(JournalRecordJson.Write(record))));
                acknowledged[number] = records.Count;
            }
        }

        Assert.All(acknowledged, version => Assert.True(version > 0));
    }

    private static async Task AppendUntilKilledAsync(string file, int lines, long[] acknowledged)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Appender).Assembly.Location, file]) { RedirectStandardOutput = true })!;
        for (var line = 1; await process.StandardOutput.ReadLineAsync().Within("the process acknowledges an append") is { } text; line++)
        {
            if (text.Split(' ') is [var number, var version])
            {
                acknowledged[int.Parse(number, CultureInfo.InvariantCulture)] = long.Parse(version, CultureInfo.InvariantCulture);
            }

            if (line == lines)
            {
                // What it has written until then is still to be read.
                process.Kill();
            }
        }

        await process.WaitForExitAsync().Within("the process is gone");
    }
}
