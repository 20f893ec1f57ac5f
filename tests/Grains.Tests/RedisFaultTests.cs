using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests;

/// <summary>What the user of a run sees when Redis fails in the middle of it (docs/operations.md has the table). Each test has a server of its own.</summary>
public sealed class RedisFaultTests
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
        await using var silos = await TestSilos.StartAsync(server.Configuration, model, Options, _ => { }, waiting.AddTo);
        await silos.Client.StartAsync(Key, new RunRequest("talk"));
        var listening = silos.TranscriptAsync(Key);
        await model.Started.Task.Within();

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
        await using var stage = await Stage.StartAsync(server.Configuration, options => options.Journal = journal);
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

    private static void Options(AgentStreamOptions options) => options.RedisTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A silo whose model says one, waits, and says two and three; a listener follows.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly Gate _gate = new();
        private readonly Gate _second = new();
        private readonly WaitingRuns _waiting = new();
        private TestSilos? _silos;
        private Task<string>? _listening;

        public string Stream => $"{_silos!.Prefix}:{Key}";

        public Task<string> Listening => _listening!;

        public static async Task<Stage> StartAsync(string redis, Action<AgentStreamOptions>? options = null)
        {
            var stage = new Stage();
            var model = new ScriptedModel([Step.Say("one "), new Step.Pause(stage._gate), Step.Say("two "), new Step.Pause(stage._second), Step.Say("three")], [Step.Say("again")]);
            stage._silos = await TestSilos.StartAsync(
                redis,
                model,
                o =>
                {
                    Options(o);
                    options?.Invoke(o);
                },
                _ => { },
                stage._waiting.AddTo);
            return stage;
        }

        public async Task SaysOneAsync()
        {
            await _silos!.Client.StartAsync(Key, new RunRequest("count"));
            _listening = _silos.TranscriptAsync(Key);
            await _gate.ReachedAsync();
            await Wait.Until(async () => (await Log.ReadAsync(Key, Cursor.Start, 10)).Events.Count == 4, "one");
        }

        /// <summary>Listens as a program does that wants an answer.</summary>
        /// <param name="heard">Completed with the first event.</param>
        public async Task HearAsync(TaskCompletionSource heard)
        {
            await foreach (var item in _silos!.Client.ListenRawAsync(Key))
            {
                heard.TrySetResult();
                Assert.False(item.IsEnd);
            }
        }

        public async Task SaysTwoAsync()
        {
            _gate.Open();
            await Wait.Until(async () => (await Log.ReadAsync(Key, Cursor.Start, 10)).Events.Count == 5, "two");
        }

        public void GoesOn()
        {
            _gate.Open();
            _second.Open();
        }

        public Task<string> ComesLaterAsync() => _silos!.TranscriptAsync(Key);

        public async Task<string> HistoryAsync() => Encoding.UTF8.GetString((await _silos!.Client.GetSessionAsync(Key))!.Messages);

        public Task OneWaitsAsync() => _waiting.OneWaitsAsync();

        /// <summary>Every event came once, to who listened all the time and to who comes now, and the session takes the next prompt.</summary>
        public async Task IsWholeAsync()
        {
            Assert.Equal(Whole, await Listening);
            Assert.Equal(Whole, await _silos!.TranscriptAsync(Key));
            await IsOverAsync();
            Assert.Contains("again", await AskAgainAsync(), StringComparison.Ordinal);
        }

        public Task IsOverAsync() => Wait.Until(() => _silos!.Services.GetRequiredService<RunHost>().Count == 0, "the run to be over");

        /// <summary>Asks again, as a client does that is told to come back in a moment.</summary>
        public async Task<string> AskAgainAsync()
        {
            await Wait.Until(async () =>
            {
                try
                {
                    await _silos!.Client.StartAsync(Key, new RunRequest("once more"));
                    return true;
                }
                catch (StorageUnavailableException)
                {
                    return false;
                }
            });
            return await _silos!.TranscriptAsync(Key);
        }

        public ValueTask DisposeAsync() => _silos!.DisposeAsync();

        private IStreamStore Log => _silos!.Services.GetRequiredService<IStreamStore>();
    }

    /// <summary>A model that talks as fast as it is heard.</summary>
    private sealed class Talker(int words) : IChatClient
    {
        private int _said;

        public TaskCompletionSource Started { get; } = new();

        public TaskCompletionSource MayTalk { get; } = new();

        public int Said => Volatile.Read(ref _said);

        public static string Word(int number) => FormattableString.Invariant($"{number} ");

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Started.SetResult();
            await MayTalk.Task.WaitAsync(cancellationToken);
            for (var i = 1; i <= words; i++)
            {
                Interlocked.Increment(ref _said);
                yield return new(ChatRole.Assistant, Word(i));
            }

            yield return new() { FinishReason = ChatFinishReason.Stop };
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Runs stream.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
