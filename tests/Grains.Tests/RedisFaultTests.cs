using System.Globalization;
using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>What the user of a run sees when Redis fails in the middle of it (docs/operations.md has the table). Each test has a server of its own.</summary>
public sealed partial class RedisFaultTests
{
    private const string Whole = """
        begin {"session_id":"s1"}
        event {"idx":0,"event":"llm-begin"}
        event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"one "}
        event {"idx":0,"event":"answer"}
        event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"two "}
        event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"three"}
        event {"idx":0,"event":"llm-end"}
        end

        """;

    private static readonly SessionKey Key = new(1, 1, "s1");

    public static TheoryData<string, string[], string[]> Outages => new()
    {
        { "its commands are held back: it is slow beyond the timeout", ["CLIENT", "PAUSE", "60000", "WRITE"], ["CLIENT", "UNPAUSE"] },
        { "it is out of memory", ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"] },
        { "it is a read-only replica", ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"] },
    };

    public static TheoryData<string, string[]> Blinks => new()
    {
        { "its clients lose their connections", ["CLIENT", "KILL", "TYPE", "normal"] },
        { "its scripts are flushed", ["SCRIPT", "FLUSH", "SYNC"] },
    };

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task While_Redis_cannot_do_its_work_a_run_waits_and_afterwards_nothing_is_missing(string what, string[] fault, string[] cure)
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await Stage.StartAsync(server.Configuration);
        using var raw = await server.ConnectAsync();
        await stage.SaysOneAsync();

        await raw.CallAsync(fault);
        stage.GoesOn();
        await stage.OneWaitsAsync();
        Assert.False(stage.Listening.IsCompleted, what);
        await raw.CallAsync(cure);

        await stage.IsWholeAsync();
    }

    [Theory]
    [MemberData(nameof(Blinks))]
    public async Task A_run_gets_over_it_without_a_word(string what, string[] fault)
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await Stage.StartAsync(server.Configuration);
        using var raw = await server.ConnectAsync();
        await stage.SaysOneAsync();

        Assert.NotNull(await raw.CallAsync(fault));
        stage.GoesOn();

        await stage.IsWholeAsync();
        Assert.NotNull(what);
    }

    [Fact]
    public async Task Redis_restarts_with_its_data()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var stage = await Stage.StartAsync(server.Configuration);
        await stage.SaysOneAsync();

        server.Kill();
        stage.GoesOn();
        await stage.OneWaitsAsync();
        await server.RestartAsync();

        await stage.IsWholeAsync();
    }

    [Fact]
    public async Task Answers_are_lost_after_Redis_acted_and_nothing_is_there_twice()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server.Port);
        await using var stage = await Stage.StartAsync(proxy.Configuration);
        using var raw = await server.ConnectAsync();
        await stage.SaysOneAsync();

        proxy.LosesAnswers = true;
        stage.GoesOn();
        await Wait.Until(async () => (await raw.EntriesAsync(stage.Stream)).Count > 4, "Redis to have acted");
        await stage.OneWaitsAsync();
        proxy.LosesAnswers = false;
        proxy.Cut();

        await stage.IsWholeAsync();
    }

    [Fact]
    public async Task While_Redis_is_away_the_model_is_held_back_and_afterwards_every_word_is_there_once()
    {
        const int Words = 5_000;
        await using var server = await RedisServer.StartAsync(isDurable: true);
        var waiting = new WaitingRuns();
        var model = new Talker(Words);
        await using var silos = await TestSilos.StartAsync(server.Configuration, model, _ => { }, _ => { }, waiting.AddTo);
        await silos.Client.StartAsync(Key, new RunRequest("talk"));
        var listening = silos.TranscriptAsync(Key);
        await model.Started.Task.Within();
        Hurry(silos);

        server.Kill();
        model.MayTalk.SetResult();
        await waiting.OneWaitsAsync();
        await Wait.Until(() => model.Said > 1000, "the queue to be full");
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Assert.ThrowsAsync<StorageUnavailableException>(() => silos.Client.IsLiveAsync(Key))));

        // The queue, a batch that is under way, and what is in the hands of the loop.
        Assert.InRange(model.Said, 1000, 1024 + 256 + 8);
        await server.RestartAsync();

        var text = string.Concat((await listening).Split('\n').Where(line => line.StartsWith("event", StringComparison.Ordinal)).Select(Text));
        Assert.Equal(string.Concat(Enumerable.Range(1, Words).Select(Talker.Word)), text);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("redis")]
    public async Task Redis_restarts_without_its_data_and_the_run_is_over_and_the_next_prompt_works(string journal)
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await Stage.StartAsync(server.Configuration, storage => storage.Journal = journal);
        await stage.SaysOneAsync();
        var heard = new TaskCompletionSource();
        var hearing = stage.HearAsync(heard);
        await heard.Task.Within();

        await server.RestartAsync();
        stage.GoesOn();

        // Who listens is not left waiting: nothing comes any more, also no end.
        var seen = await stage.Listening;
        Assert.StartsWith(seen, Whole, StringComparison.Ordinal);
        Assert.DoesNotContain("three", seen, StringComparison.Ordinal);
        Assert.Contains("gone before its end", (await Assert.ThrowsAsync<RunFailedException>(() => hearing)).Reason, StringComparison.Ordinal);
        await stage.IsOverAsync();
        Assert.Contains("again", await stage.AskAgainAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failover_loses_the_tail_and_who_listens_and_the_history_have_it_nevertheless()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(primary.Port);
        using var raw = await replica.ConnectAsync();
        await raw.CallAsync("REPLICAOF", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture));
        await using var stage = await Stage.StartAsync(proxy.Configuration);
        await stage.SaysOneAsync();
        await Wait.Until(async () => (await raw.EntriesAsync(stage.Stream)).Count == 4, "the replica to have what was said");

        await raw.CallAsync("REPLICAOF", "NO", "ONE");
        await stage.SaysTwoAsync();
        proxy.Target = replica.Port;
        primary.Kill();
        proxy.Cut();
        stage.GoesOn();

        Assert.Equal(Whole, await stage.Listening);
        await stage.IsOverAsync();
        Assert.Contains("one two three", await stage.HistoryAsync(), StringComparison.Ordinal);

        // Who comes now does not see what the failover lost, and everything else once.
        Assert.Equal(string.Concat(Whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.Contains("two ", StringComparison.Ordinal)).Select(line => line + "\n")), await stage.ComesLaterAsync());
        Assert.Contains("again", await stage.AskAgainAsync(), StringComparison.Ordinal);
    }

    private static string Text(string line)
    {
        var body = JsonDocument.Parse(line["event ".Length..]).RootElement;
        return (body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : null) ?? "";
    }

    /// <summary>What does not answer from now on is away after a moment.</summary>
    private static void Hurry(TestSilos silos) => silos.Services.GetRequiredService<IOptions<StorageOptions>>().Value.RedisTimeout = TimeSpan.FromSeconds(3);
}
