using System.Collections.Concurrent;
using System.Text;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A reader who comes back when the stream is gone is shown from the journal what it has missed.</summary>
public sealed class LateReaderTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly CancellationTokenSource _patience = new(Wait.Limit);
    private readonly ManualTimeProvider _time = new();
    private InMemoryStreamStore? _memory;

    public void Dispose()
    {
        _patience.Dispose();
        _memory?.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_rest_of_a_run_comes_from_the_journal_behind_each_of_its_cursors(bool isRedis)
    {
        await using var silos = await StartAsync(new ScriptedModel(TwoNodes), isRedis);
        var live = await RunAsync(silos);
        await ForgetStreamAsync(silos);
        var (seenAll, rest) = (live[^2].Cursor, (string[])["info replayed", .. live[1..^1].Select(Say)]);
        foreach (var place in live.Where(entry => entry.Cursor < seenAll).Select(entry => entry.Cursor))
        {
            Assert.True(await silos.Client.HasMoreAsync(_key, place));
            var replayed = await silos.Client.ListenRawAsync(_key, place).ToListAsync();
            Assert.Equal(rest, replayed.Select(Say));
            Assert.All(replayed.Zip(replayed.Skip(1)), pair => Assert.True(pair.First.Cursor < pair.Second.Cursor));
            Assert.True(place < replayed[0].Cursor);
            Assert.Equal(seenAll, replayed[^1].Cursor.InStream);

            // Who breaks off in between is shown the nodes again.
            Assert.All(replayed[..^1], entry => Assert.Equal(place, entry.Cursor.InStream));
            Assert.Equal(rest, (await silos.Client.ListenRawAsync(_key, replayed[3].Cursor).ToListAsync()).Select(Say));
            Assert.False(await silos.Client.HasMoreAsync(_key, replayed[^1].Cursor));
            Assert.Empty(await silos.Client.ListenRawAsync(_key, replayed[^1].Cursor).ToListAsync());
        }

        foreach (var entry in live[^2..])
        {
            Assert.False(await silos.Client.HasMoreAsync(_key, entry.Cursor));
            Assert.Empty(await silos.Client.ListenRawAsync(_key, entry.Cursor).ToListAsync());
        }

        // A reader without a cursor is shown the live run, or nothing.
        Assert.Empty(await silos.Client.ListenRawAsync(_key).ToListAsync());
        Assert.Empty(await silos.Client.ListenRawAsync(_key, Cursor.Start).ToListAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_follows_a_session_gets_the_runs_that_were_missed_and_then_the_one_that_is_live(bool isRedis)
    {
        var gate = new Gate();
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("1")], [Step.Say("2")], [Step.Say("3")], [Step.Say("4"), new Step.Pause(gate), Step.Think("5")]), isRedis);
        var runs = new List<List<StreamEntry>>();
        for (var run = 0; run < 3; run++)
        {
            runs.Add(await RunAsync(silos));
            await ForgetStreamAsync(silos);
        }

        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        var live = await silos.Client.ListenRawAsync(_key).Take(4).ToListAsync();
        await using var heard = silos.Client.ListenToSessionAsync(_key, runs[0][2].Cursor, _patience.Token).GetAsyncEnumerator();
        string[] expected =
        [
            "info replayed", .. runs[0][1..].Select(Say),
            "begin", "info replayed", .. runs[1][1..].Select(Say),
            "begin", "info replayed", .. runs[2][1..].Select(Say),
            .. live.Select(Say),
        ];
        var seen = new List<StreamEntry>();
        while (seen.Count < expected.Length && await heard.MoveNextAsync())
        {
            seen.Add(heard.Current);
        }

        Assert.Equal(expected, seen.Select(Say));
        Assert.Equal([.. runs[1..].Select(run => run[0].Cursor), live[0].Cursor], seen.Where(entry => entry.IsBegin).Select(entry => entry.Cursor));
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.Cursor.InStream <= pair.Second.Cursor.InStream));
        gate.Open();
        while (await heard.MoveNextAsync() && !heard.Current.IsEnd)
        {
            Assert.False(heard.Current.Cursor.IsReplayed);
        }
    }

    [Fact]
    public async Task One_run_after_the_other_is_shown_to_a_reader_of_single_runs()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("1")], [Step.Say("2")], [Step.Say("3")]));
        var runs = new List<List<StreamEntry>>();
        for (var run = 0; run < 3; run++)
        {
            runs.Add(await RunAsync(silos));
            await ForgetStreamAsync(silos);
        }

        // An EventSource asks again behind each end, with the last id that it has.
        var place = runs[0][^1].Cursor;
        foreach (var missed in runs[1..])
        {
            Assert.True(await silos.Client.HasMoreAsync(_key, place));
            Assert.Equal(missed[0].Cursor, await silos.Client.FindMissedRunAsync(_key, place));
            var seen = await silos.Client.ListenRawAsync(_key, place).ToListAsync();
            Assert.Equal(["begin", "info replayed", .. missed[1..^1].Select(Say)], seen.Select(Say));
            place = seen[^1].Cursor;
        }

        Assert.False(await silos.Client.HasMoreAsync(_key, place));
    }

    [Fact]
    public async Task A_run_that_failed_says_so_again()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("one"), new Step.Fail("no more")]));
        var live = await RunAsync(silos);
        await ForgetStreamAsync(silos);

        // Who has all but the error gets that alone.
        var error = Assert.Single(await silos.Client.ListenRawAsync(_key, live[^3].Cursor).ToListAsync());
        Assert.Equal(Say(live[^2]), Say(error));
        Assert.StartsWith("error {\"msg\":\"crashed - ", Say(error), StringComparison.Ordinal);
        Assert.False(await silos.Client.HasMoreAsync(_key, error.Cursor));

        // What was cut short is a node with an end in the journal.
        var whole = await silos.Client.ListenRawAsync(_key, live[0].Cursor).ToListAsync();
        Assert.Equal(["info replayed", .. live[1..^2].Select(Say), "event {\"idx\":0,\"event\":\"llm-end\"}", Say(live[^2])], whole.Select(Say));
    }

    [Fact]
    public async Task A_run_that_waits_for_somebody_asks_again()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "pay")]));
        var live = await RunAsync(silos);
        await ForgetStreamAsync(silos);
        var seen = await silos.Client.ListenRawAsync(_key, live[0].Cursor).ToListAsync();
        Assert.Equal(["info replayed", .. live[1..^1].Select(Say)], seen.Select(Say));
        Assert.Contains("approval-requested", Say(seen[^1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_textrun_comes_in_parts_and_is_shown_whole()
    {
        var text = new string('x', 700_000);
        var model = new ScriptedModel([Step.Say(text), Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say(text), Step.Call("c2", "add", ("a", 1), ("b", 2))], [Step.Say(text)]);
        await using var silos = await StartAsync(model);
        var live = await RunAsync(silos);
        await ForgetStreamAsync(silos);
        var first = await silos.Client.ListenRawAsync(_key, live[0].Cursor).ToListAsync();
        Assert.Equal(["info replayed", .. live[1..^1].Select(Say)], first.Select(Say));
        Assert.All(first.Zip(first.Skip(1)), pair => Assert.True(pair.First.Cursor < pair.Second.Cursor));
    }

    [Fact]
    public async Task Of_a_history_that_is_gone_nothing_is_shown()
    {
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("1")]));
        var live = await RunAsync(silos);
        await ForgetStreamAsync(silos);
        Assert.True(await silos.Client.HasMoreAsync(_key, live[0].Cursor));
        await silos.Client.ImportMessagesAsync(_key, "[]"u8.ToArray());
        await ForgetStreamAsync(silos);
        Assert.False(await silos.Client.HasMoreAsync(_key, live[0].Cursor));
        await silos.Client.DeleteSessionAsync(_key);
        await ForgetStreamAsync(silos);
        Assert.Empty(await silos.Client.ListenRawAsync(_key, live[0].Cursor).ToListAsync());
    }

    [Fact]
    public async Task Readers_of_a_session_whose_run_is_under_way_fold_its_journal_once()
    {
        var (inner, reads) = (new InMemoryJournal(), new ConcurrentQueue<long>());
        var journal = Stub.Of<ISessionJournal>((method, arguments) =>
        {
            if (method.Name == nameof(ISessionJournal.ReadAsync))
            {
                reads.Enqueue((long)arguments[1]!);
            }

            return method.Invoke(inner, arguments);
        });
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("1")], [new Step.Pause(gate), Step.Say("2")]), _ => { }, _ => { }, services => services.AddSingleton(journal));
        await silos.RunAsync(_key);
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        reads.Clear();
        for (var reader = 0; reader < 3; reader++)
        {
            Assert.True((await silos.Client.GetSessionAsync(_key))!.IsLive);
        }

        Assert.Single(reads, 0L);
        gate.Open();
        await silos.TranscriptAsync(_key);
        Assert.Equal(4, ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Count);
    }

    private static Step[][] TwoNodes => [[Step.Think("hm"), Step.Say("Let me see."), Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say("It is 3.")]];

    private Task<TestSilos> StartAsync(ScriptedModel model, bool isRedis = false) => TestSilos.StartAsync(
        isRedis ? redis.Server.Configuration : null,
        model,
        options => options.GracePeriod = Grace,
        agent => agent.WithTool((int a, int b) => a + b, "add").WithTool(() => "paid", "pay", requiresApproval: true),
        services =>
        {
            if (!isRedis)
            {
                services.AddSingleton<IStreamStore>(_memory = new InMemoryStreamStore(Options.Create(new StorageOptions()), _time));
            }
        });

    private async Task<List<StreamEntry>> RunAsync(TestSilos silos)
    {
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        var entries = new List<StreamEntry>();
        await foreach (var entry in silos.Client.ListenToSessionAsync(_key, cancellationToken: _patience.Token))
        {
            entries.Add(entry);
            if (entry.IsEnd)
            {
                break;
            }
        }

        return entries;
    }

    /// <summary>Ends the grace period of the session's stream.</summary>
    private async Task ForgetStreamAsync(TestSilos silos)
    {
        var store = silos.Services.GetRequiredService<IStreamStore>();
        if (_memory is not null)
        {
            _time.Advance(Grace);
        }
        else
        {
            using var raw = await redis.Server.ConnectAsync();
            await raw.CallAsync("DEL", $"{silos.Prefix}:{_key}");
        }

        Assert.True(await store.ReadAsync(_key, Cursor.Start, 1) is { Events.Count: 0, IsOpen: false });
    }

    private static string Say(StreamEntry entry) => entry switch
    {
        { IsBegin: true } or { IsEnd: true } => entry.Type,
        _ when entry.Body.Span.SequenceEqual("{\"msg\":\"replayed\"}"u8) => "info replayed",
        _ => $"{entry.Type} {Encoding.UTF8.GetString(entry.Body.Span)}",
    };
}
