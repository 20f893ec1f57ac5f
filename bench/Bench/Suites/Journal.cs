using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Stages;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace AgentStream.Bench.Suites;

/// <summary>Sessions that append to their journals at the same time, a response at a time, each when the one before is kept.</summary>
internal static class Journal
{
    private const int TextLength = 500;
    private const string Owner = "bench";

    public static async Task RunAsync(Stage stage)
    {
        var folder = Directory.CreateTempSubdirectory("agentstream-bench-");
        try
        {
            await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, RedisServer.NewPrefix());
            var (redis, log) = (silo.Services.GetRequiredService<ISessionJournal>(), silo.Services.GetRequiredService<IStreamStore>());
            using var database = SqliteDatabase.Open(Path.Combine(folder.FullName, "sessions.db"));
            var (sqlite, memory) = (new SqliteJournal(database), new InMemoryJournal());
            var protection = new AtRestProtection(silo.Services.GetRequiredService<IDataProtectionProvider>, isOn: true);
            var sqliteEncrypted = new SqliteJournal(database, protection);
            var redisEncrypted = new RedisJournal(silo.Services.GetRequiredService<RedisConnection>(), silo.Services.GetRequiredService<IOptions<StorageOptions>>(), protection);
            foreach (var (sessions, each) in ((int, int)[])[(1, 2_048), (64, 128), (1_024, 16)])
            {
                var appends = Math.Max(1, each / stage.Pick(1, 8));
                var rates = await stage.AlternateAsync(
                    () => RateAsync(sqlite, sessions, appends),
                    () => RateAsync(memory, sessions, appends),
                    () => RateAsync(redis, sessions, appends, log),
                    () => RateAsync(sqliteEncrypted, sessions, appends),
                    () => RateAsync(redisEncrypted, sessions, appends, log));

                var what = string.Create(CultureInfo.InvariantCulture, $"{sessions:#,0} {(sessions == 1 ? "session" : "sessions")}, SQLite");
                Figure Of(int side) => new("appends/s", rates[side]);
                stage.Report.Add(new("journal", what, Of(0), "memory", Of(1)));
                stage.Report.Add(new("journal", what + ", encrypted", Of(3), "not encrypted", Of(0)));
                stage.Report.Add(new("journal", what.Replace("SQLite", "Redis, encrypted", StringComparison.Ordinal), Of(4), "not encrypted", Of(2)));
                stage.Report.Add(new("journal", what, Of(0), "Redis, which keeps nothing on a disk here", Of(2)));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Appends to new sessions.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="sessions">How many sessions append at the same time.</param>
    /// <param name="appends">How often each appends.</param>
    /// <param name="log">Knows who owns the sessions, for a journal that asks.</param>
    /// <returns>Appends per second.</returns>
    private static async Task<double> RateAsync(ISessionJournal journal, int sessions, int appends, IStreamStore? log = null)
    {
        var runs = Enumerable.Range(0, sessions).Select(_ => new RunToken(new(1, 1, SessionKey.NewSessionId()), Owner, Guid.NewGuid().ToString())).ToList();
        if (log is not null)
        {
            await Task.WhenAll(runs.Select(run => log.StartAsync(run)));
            await log.RenewLeaseAsync(Owner, TimeSpan.FromMinutes(5));
        }

        JournalRecord[] records =
        [
            new ResponseRecord(0, new ModelResponse([new TextPart(new string('x', TextLength))]) { Timestamp = DateTimeOffset.UtcNow }) { Timestamp = DateTimeOffset.UtcNow },
        ];
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            for (var version = 0; version < appends; version++)
            {
                await journal.AppendAsync(run, version, records);
            }
        })));
        return sessions * appends / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
