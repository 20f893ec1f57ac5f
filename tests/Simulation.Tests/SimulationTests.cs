using System.Diagnostics;
using System.Globalization;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace AgentStream.Simulation.Tests;

/// <summary>
/// The ownership and append protocol as it is: the real scripts on a real Redis, the real log, journal, runs and recovery, in schedules of every fault that a network and
/// a machine have. A schedule is decided by its seed; <c>AGENTSTREAM_SEED=n</c> runs that one alone and prints what it did.
/// </summary>
public sealed class SimulationTests(RedisFixture redis, ITestOutputHelper output) : IClassFixture<RedisFixture>
{
    private const int Schedules = 10_000;

    // Worlds that wait for Redis at the same time: their commands share the connection's round trips.
    private const int Lanes = 24;

    public static TheoryData<string> Mutants => [.. AllMutants.Select(mutant => mutant.Name)];

    private static IReadOnlyList<Mutant> AllMutants =>
    [
        new("append does not ask who owns the session") { Script = "AppendScript", From = "owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2]", To = "not owner[1]" },
        new("append asks for the run and not for the silo") { Script = "AppendScript", From = "owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2]", To = "owner[2] ~= ARGV[2]", FirstSeed = 5_306 },
        new("append adds what it has already") { Script = "AppendScript", From = "if not isNew then", To = "if false then" },
        new("a retried append gets a new number") { NumbersRetries = true },
        new("append does not look at the live flag") { Script = "AppendScript", From = "and 0 or 1\nif", To = "and 0 or 0\nif" },
        new("start does not ask who owns the session") { Script = "StartScript", From = "if ownerRun and not ended then", To = "silenceMs = 0\nif false then" },
        new("start does not look at the stream's last id, and the server's clock went back") { Script = "StartScript", From = "begin = now > lastTime", To = "begin = '1-1' or now" },
        new("start does not empty the stream") { Script = "StartScript", From = "redis.call('RENAME', stream, name)", To = "redis.call('COPY', stream, name)" },
        new("start does not put the session into the registry") { Script = "StartScript", From = "index('SADD', registry, session)", To = "" },
        new("finish does not ask who owns the session") { Script = "FinishScript", From = "owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2]", To = "not owner[1]" },
        new("finish leaves the live flag") { Script = "FinishScript", From = "call('DEL', KEYS[2])", To = "" },
        new("finish does not remember that it was done") { Script = "FinishScript", From = "if owner[5] then", To = "if false then" },
        new("cancel leaves the live flag") { Script = "CancelScript", From = "GETDEL", To = "GET" },
        new("a recovery does not compare") { Holder = typeof(RedisOwnership), Script = "RecoverScript", From = "silo ~= ARGV[1] or run ~= ARGV[2] or ", To = "" },
        new("a recovery does not ask for the lease") { Holder = typeof(RedisOwnership), Script = "RecoverScript", From = " or call('EXISTS', KEYS[3]) == 1", To = "" },
        new("a recovery leaves the live flag to the old owner") { Holder = typeof(RedisOwnership), Script = "RecoverScript", From = "call('SET', KEYS[1], ARGV[3] .. ':' .. ARGV[6])", To = "" },
        new("a recovery is not a turn of its own") { Holder = typeof(RedisOwnership), Script = "RecoverScript", From = "if silo ~= ARGV[1]", To = "ARGV[6] = ARGV[2]\n    if silo ~= ARGV[1]" },
        new("orphaned runs are not found") { Holder = typeof(RedisOwnership), Script = "OrphanedScript", From = "== 0 then", To = "== 2 then" },
        new("the journal does not ask who owns the session") { Holder = typeof(RedisJournal), Script = "AppendScript", From = "owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3]", To = "false" },
        new("the journal does not know a repeated append") { Holder = typeof(RedisJournal), Script = "AppendScript", From = "version > expected and isRepeated()", To = "false" },
        new("the journal takes any version") { Holder = typeof(RedisJournal), Script = "AppendScript", From = "if version ~= expected then", To = "if false then" },
        new("a query trusts the registry") { Holder = typeof(RedisLiveSessions), Script = "QueryScript", From = "redis.call('EXISTS', ARGV[1] .. session .. ':live') == 1", To = "true" },
        new("cancel takes the flag of a sealed run away") { Script = "CancelScript", From = "if is_owners and owner[4]", To = "if false" },
        new("a recovery opens the run to cancels") { Holder = typeof(RedisOwnership), Script = "RecoverScript", From = "sealed and 1 or 0", To = "0" },
        new("what was started is overlooked") { FirstSeed = 1_071, Reads = record => record is ToolStartedRecord ? Mutant.Nothing(record) : record },
        new("an answer is overlooked") { Reads = record => record is AnswerRecord ? Mutant.Nothing(record) : record },
        new("the arguments of an answer are overlooked")
        {
            Reads = record => record is AnswerRecord { Answer: ApprovalAnswer answer } known ? known with { Answer = answer with { Arguments = null } } : record,
        },
        new("a reader waits for a run that has ended") { Holder = typeof(RedisStreamReader), Script = "ReadScript", From = "if run and not ended then", To = "if run then" },
    ];

    [Fact]
    public async Task No_schedule_breaks_an_invariant()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("AGENTSTREAM_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var only))
        {
            await using var connection = await ConnectAsync();
            var (violation, trace, _) = await RunAsync(connection, only, Mutant.None);
            output.WriteLine(string.Join('\n', trace));
            Assert.True(violation is null, violation);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        var (found, counts) = await SearchAsync(Mutant.None, Schedules);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Schedules} schedules in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: ")
            + string.Join(", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}")));
        Assert.True(found is null, found);

        // A schedule in which nothing happens proves nothing.
        Assert.All(
            ["runs", "ends", "prompts", "busy", "cancels", "recoveries", "deaths", "late commands", "lost commands or answers", "refused to who lost it", "finishes that came twice", "journal refusals", "tool calls",
                "pauses", "answers", "answers that came twice", "contradictions", "stale answers", "declined by a prompt", "gated calls", "deletes"],
            what => Assert.True(counts.GetValueOrDefault(what) > Schedules / 100, $"{what}: {counts.GetValueOrDefault(what)}"));
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public async Task A_fault_in_the_protocol_is_found(string name)
    {
        var mutant = AllMutants.Single(mutant => mutant.Name == name);
        using var planted = mutant.Plant();
        var (found, _) = await SearchAsync(mutant, Schedules);
        Assert.True(found is not null, $"{Schedules} schedules did not find that {name}.");
        output.WriteLine(found[..found.IndexOf('\n', StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task A_seed_gives_the_same_schedule_each_time()
    {
        await using var connection = await ConnectAsync();
        for (var seed = 1; seed <= 50; seed++)
        {
            Assert.Equal((await RunAsync(connection, seed, Mutant.None)).Trace, (await RunAsync(connection, seed, Mutant.None)).Trace);
        }
    }

    /// <summary>Runs schedules until one breaks an invariant.</summary>
    /// <returns>What it broke, with its seed and all it did; null when none did. And how often what happened.</returns>
    private async Task<(string? Found, Dictionary<string, int> Counts)> SearchAsync(Mutant mutant, int schedules)
    {
        await using var connection = await ConnectAsync();
        var (next, found) = (0, (string?)null);
        var counts = new Dictionary<string, int>();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref found) is null && Interlocked.Increment(ref next) is var number && number <= schedules)
            {
                var seed = ((number + mutant.FirstSeed - 2) % schedules) + 1;
                var (violation, trace, happened) = await RunAsync(connection, seed, mutant);
                lock (counts)
                {
                    foreach (var (what, count) in happened)
                    {
                        counts[what] = counts.GetValueOrDefault(what) + count;
                    }

                    if (violation is not null)
                    {
                        found ??= string.Create(CultureInfo.InvariantCulture, $"AGENTSTREAM_SEED={seed}: {violation}\n") + string.Join('\n', trace);
                    }
                }
            }
        })));
        return (found, counts);
    }

    private static async Task<(string? Violation, IReadOnlyList<string> Trace, Dictionary<string, int> Counts)> RunAsync(RedisConnection connection, int seed, Mutant mutant)
    {
        await using var world = new World(connection, RedisServer.NewPrefix(), mutant);
        var schedule = new Schedule(world, seed);
        try
        {
            await schedule.RunAsync();
        }
        catch (Exception exception)
        {
            world.Book.Fail($"The simulation failed: {exception}");
        }

        return (world.Book.Violation, schedule.Trace, world.Book.Counts);
    }

    private Task<RedisConnection> ConnectAsync() => RedisConnection.ConnectAsync(
        redis.Server.Configuration, Options.Create(new StorageOptions { RedisTimeout = TimeSpan.FromMinutes(5) }), TimeProvider.System);
}
