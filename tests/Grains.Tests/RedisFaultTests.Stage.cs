using System.Runtime.CompilerServices;
using System.Text;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests;

/// <summary>A silo on a Redis that can be broken.</summary>
public sealed partial class RedisFaultTests
{
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

        public static async Task<Stage> StartAsync(string redis, Action<StorageOptions>? storage = null)
        {
            var stage = new Stage();
            var model = new ScriptedModel([Step.Say("one "), new Step.Pause(stage._gate), Step.Say("two "), new Step.Pause(stage._second), Step.Say("three")], [Step.Say("again")]);
            stage._silos = await TestSilos.StartAsync(
                redis,
                model,
                _ => { },
                _ => { },
                stage._waiting.AddTo,
                storage: storage);
            return stage;
        }

        public async Task SaysOneAsync()
        {
            await _silos!.Client.StartAsync(Key, new RunRequest("count"));
            _listening = _silos.TranscriptAsync(Key);
            await _gate.ReachedAsync();
            await Wait.Until(async () => (await Log.ReadAsync(Key, Cursor.Start, 10)).Events.Count == 4, "one");
            Hurry(_silos);
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
