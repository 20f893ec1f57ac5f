using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using AgentStream.Messages;
using AgentStream.TestTools;
using Microsoft.Data.Sqlite;

namespace AgentStream.Grains.Tests.Upgrades;

/// <summary>
/// What each version has left in its stores is continued by this one. A folder next to this file is what a version left; they stay. AGENTSTREAM_FIXTURES=0.1 makes that folder anew from what this
/// version leaves (CONTRIBUTING.md).
/// </summary>
public sealed class UpgradeTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private const string Now = "now";
    private const string Database = "sessions.db";
    private const string Commands = "redis.jsonl";
    private const string Wire = "wire.jsonl";

    private static readonly string Folder = FolderOf();
    private static readonly UserKey User = new("acme", "anna");
    private static readonly (SessionKey Finished, SessionKey Asked, SessionKey Left) Keys = (User.Session("finished"), User.Session("asked"), User.Session("left"));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-upgrade-");
    private readonly List<string> _paid = [];

    /// <summary>The versions that have left something, and this one.</summary>
    public static TheoryData<string, bool> Versions
    {
        get
        {
            var versions = new TheoryData<string, bool>();
            foreach (var version in Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)).Append(Now))
            {
                versions.Add(version, true);
                versions.Add(version, false);
            }

            return versions;
        }
    }

    /// <summary>The versions that have left something in a Redis.</summary>
    public static TheoryData<string> Older => [.. Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path))];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_a_version_left_is_continued(string version, bool isRedis)
    {
        var from = Path.Combine(version == Now ? _folder.FullName : Folder, version == Now ? "" : version, isRedis ? "redis" : "sqlite");
        if (version == Now)
        {
            Directory.CreateDirectory(from);
            await LeaveAsync(from, isRedis);
            Keep(from);
        }

        await ContinueAsync(from, isRedis);
    }

    [Theory]
    [MemberData(nameof(Older))]
    public async Task In_a_rolling_restart_over_what_a_version_left_the_next_silo_has_all_of_it(string version)
    {
        var prefix = RedisServer.NewPrefix();
        using (var raw = await redis.Server.ConnectAsync())
        {
            await RedisCommands.LoadAsync(raw, prefix, Path.Combine(Folder, version, "redis", Commands));
        }

        var gate = new Gate();
        var first = await StartAsync(new([Step.Say("It is 4.")], [Step.Say("Then nothing.")], [Step.Say("One moment."), new Step.Pause(gate)]), isRedis: true, prefix, "");
        await Wait.Until(async () => (await TextsAsync(first, Keys.Left)).Contains("Then nothing."), "the prompt that waited to run");
        await first.Client.StartAsync(Keys.Finished, new RunRequest("What is 2 + 3?"));
        await gate.ReachedAsync();

        // The next one is there before the first one goes, in the middle of an answer.
        await using var next = await StartAsync(new([Step.Say("It is 5.")], [Step.Say("It is paid.")]), isRedis: true, prefix, "");
        var heard = next.TranscriptAsync(Keys.Finished);
        await first.DisposeAsync();
        Assert.Contains("It is 5.", await heard, StringComparison.Ordinal);
        Assert.Equal(["What is 1 + 2?", "It is 3.", "What is 2 + 3?"], (await TextsAsync(next, Keys.Finished)).Take(3));

        await next.Client.ApproveAsync(Keys.Asked, Assert.Single(await next.Client.GetPendingAsync(Keys.Asked)).RequestId);
        Assert.Contains("It is paid.", await next.TranscriptAsync(Keys.Asked), StringComparison.Ordinal);
        Assert.Equal(["paid 5"], _paid);
    }

    /// <summary>Leaves a session whose run has ended, one whose run waits for a person, and one with half a run and a prompt that waits for it.</summary>
    private async Task LeaveAsync(string to, bool isRedis)
    {
        var gate = new Gate();
        var prefix = RedisServer.NewPrefix();
        var model = new ScriptedModel(
            [Step.Think("hm"), Step.Call("c1", "add", ("a", 1), ("b", 2))],
            [Step.Say("It is 3.")],
            [Step.Call("c2", "pay", ("amount", 5))],
            [Step.Say("Let me see."), Step.Call("c3", "add", ("a", 2), ("b", 2))],
            [new Step.Pause(gate)]);
        await using (var silos = await StartAsync(model, isRedis, prefix, Path.Combine(to, Database)))
        {
            var wire = new List<StreamEntry>();
            await silos.RunAsync(Keys.Finished, "What is 1 + 2?");
            await foreach (var entry in silos.Client.ListenRawAsync(Keys.Finished))
            {
                wire.Add(entry);
            }

            await silos.RunAsync(Keys.Asked, "Pay 5.");
            await silos.Client.StartAsync(Keys.Left, new RunRequest("What is 2 + 2?"));
            await gate.ReachedAsync();
            await silos.Client.StartAsync(Keys.Left, new RunRequest("And then?", OnBusy: BusySessionBehavior.Queue));
            await File.WriteAllLinesAsync(
                Path.Combine(to, Wire), wire.Select(entry => JsonSerializer.Serialize(new WireLine(entry.Cursor.ToString(), entry.Type, Encoding.UTF8.GetString(entry.Body.Span)))));
        }

        if (isRedis)
        {
            using var raw = await redis.Server.ConnectAsync();
            await RedisCommands.SaveAsync(raw, prefix, Path.Combine(to, Commands));
        }
    }

    private async Task ContinueAsync(string from, bool isRedis)
    {
        var (prefix, file) = (RedisServer.NewPrefix(), Path.Combine(_folder.FullName, "copy.db"));
        if (isRedis)
        {
            using var raw = await redis.Server.ConnectAsync();
            await RedisCommands.LoadAsync(raw, prefix, Path.Combine(from, Commands));
        }
        else
        {
            File.Copy(Path.Combine(from, Database), file);
        }

        var model = new ScriptedModel([Step.Say("It is 4.")], [Step.Say("Then nothing.")], [Step.Say("It is paid.")]);
        await using var silos = await StartAsync(model, isRedis, prefix, file);

        // The half run continues, and then the prompt that waited for it.
        await Wait.Until(async () => (await TextsAsync(silos, Keys.Left)).Contains("Then nothing."), "the prompt that waited to run");
        Assert.Equal(["What is 2 + 2?", "Let me see.", "It is 4.", "And then?", "Then nothing."], await TextsAsync(silos, Keys.Left));

        Assert.Equal(["What is 1 + 2?", "It is 3."], await TextsAsync(silos, Keys.Finished));
        Assert.Equal(["Pay 5.", "What is 1 + 2?", "What is 2 + 2?"], (await silos.Client.ListSessionsAsync(User, 10)).Select(session => session.Title).Order(StringComparer.Ordinal));

        await silos.Client.ApproveAsync(Keys.Asked, Assert.Single(await silos.Client.GetPendingAsync(Keys.Asked)).RequestId);
        Assert.Contains("It is paid.", await silos.TranscriptAsync(Keys.Asked), StringComparison.Ordinal);
        Assert.Equal(["paid 5"], _paid);

        // A listener that was cut off anywhere in a run gets that run again, from the journal; one that has seen all of it gets nothing.
        var wire = (await File.ReadAllLinesAsync(Path.Combine(from, Wire))).Select(line => JsonSerializer.Deserialize<WireLine>(line)!).ToList();
        Assert.True(wire.Count > 5);
        foreach (var place in (WireLine[])[wire[0], wire[^2]])
        {
            Assert.Equal([Protocol.Info, .. wire.Skip(1).Select(line => line.Body)], (await MissedAsync(place)).Select(entry => entry.Type == Protocol.Info ? Protocol.Info : Encoding.UTF8.GetString(entry.Body.Span)));
        }

        Assert.Empty(await MissedAsync(wire[^1]));

        async Task<IReadOnlyList<StreamEntry>> MissedAsync(WireLine place)
        {
            var missed = new List<StreamEntry>();
            await foreach (var entry in silos.Client.ListenRawAsync(Keys.Finished, Cursor.Parse(place.Cursor)))
            {
                missed.Add(entry);
            }

            return missed;
        }
    }

    private static async Task<IEnumerable<string>> TextsAsync(TestSilos silos, SessionKey key) => ModelMessages.FromJson((await silos.Client.GetSessionAsync(key))!.Messages).SelectMany(message => message switch
    {
        ModelRequest request => request.Parts.OfType<UserPromptPart>().Select(part => part.Text),
        ModelResponse response => response.Parts.OfType<TextPart>().Select(part => part.Content),
        _ => [],
    });

    private Task<TestSilos> StartAsync(ScriptedModel model, bool isRedis, string prefix, string file) => TestSilos.StartAsync(
        isRedis ? redis.Server.Configuration : null,
        model,
        options => options.DrainTimeout = TimeSpan.Zero,
        agent => agent.WithTool((int a, int b) => a + b, "add").WithTool(Pay, "pay", requiresApproval: true),
        storage: storage => (storage.RedisPrefix, storage.Journal, storage.JournalPath) = (prefix, isRedis ? "redis" : "sqlite", isRedis ? null : file));

    private string Pay(int amount)
    {
        _paid.Add($"paid {amount}");
        return _paid[^1];
    }

    private static void Keep(string from)
    {
        if (Environment.GetEnvironmentVariable("AGENTSTREAM_FIXTURES") is { Length: > 0 } version)
        {
            var to = Directory.CreateDirectory(Path.Combine(Folder, version, Path.GetFileName(from)));
            foreach (var name in (string[])[Database, Commands, Wire])
            {
                if (File.Exists(Path.Combine(from, name)))
                {
                    File.Copy(Path.Combine(from, name), Path.Combine(to.FullName, name), overwrite: true);
                }
            }

            Forget(Path.Combine(to.FullName, Database));
        }
    }

    /// <summary>Data Protection's keys are no data, and a repository is no place for them.</summary>
    private static void Forget(string database)
    {
        if (File.Exists(database))
        {
            using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA secure_delete = ON; DELETE FROM keys; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE";
            command.ExecuteNonQuery();
        }
    }

    private static string FolderOf([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private sealed record WireLine(string Cursor, string Type, string Body);
}
