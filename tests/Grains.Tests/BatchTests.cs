using System.Collections.Concurrent;
using System.Reflection;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>How events go out.</summary>
public sealed class BatchTests
{
    private static readonly string[] Words = [.. Enumerable.Range(0, 100).Select(n => $"{n} ")];

    private readonly SlowLog _log = SlowLog.Around(new InMemoryStreamStore(Options.Create(new StorageOptions()), TimeProvider.System));
    private readonly SessionKey _key = TestSilos.NewSession();

    [Fact]
    public async Task What_the_model_says_while_an_append_is_under_way_goes_out_in_order_with_the_next()
    {
        var transcript = await SayAsync(_ => { });

        // llm-begin; the first word, answer and the 99 others; llm-end.
        Assert.Equal([1, 101, 1], _log.Appends);
        var order = Words.Select(word => transcript.IndexOf($"\"{word}\"", StringComparison.Ordinal)).ToArray();
        Assert.Equal(order.Order(), order);
        Assert.DoesNotContain(-1, order);
    }

    [Fact]
    public async Task Where_asked_for_deltas_that_wait_go_out_as_one_and_say_the_same() => Assert.Equal(
        $$"""
        begin {"session_id":"{{_key.Session}}"}
        event {"idx":0,"event":"llm-begin"}
        event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"0 "}
        event {"idx":0,"event":"answer"}
        event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"{{string.Concat(Words[1..])}}"}
        event {"idx":0,"event":"llm-end"}
        end

        """,
        await SayAsync(options => options.CoalesceDeltas = true));

    /// <summary>The model says all words while the first append is under way.</summary>
    /// <returns>The run's transcript.</returns>
    private async Task<string> SayAsync(Action<AgentStreamOptions> configure)
    {
        var (speak, silent) = (new Gate(), new Gate());
        var model = new ScriptedModel([new Step.Pause(speak), .. Words.Select(Step.Say), new Step.Pause(silent)]);
        await using var silos = await TestSilos.StartAsync(null, model, configure, _ => { }, services => services.AddSingleton((IStreamStore)_log));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await _log.FirstAppend.ReachedAsync();
        speak.Open();
        await silent.ReachedAsync();

        _log.FirstAppend.Open();
        await Wait.Until(() => _log.Appends.Count == 2);
        silent.Open();
        return await silos.TranscriptAsync(_key);
    }

    /// <summary>A log whose first append takes its time. It counts the events of each.</summary>
    public class SlowLog : DispatchProxy
    {
        private IStreamStore? _log;

        public ConcurrentQueue<int> Appends { get; } = [];

        public Gate FirstAppend { get; } = new();

        public static SlowLog Around(IStreamStore log)
        {
            var proxy = (SlowLog)(object)Create<IStreamStore, SlowLog>();
            proxy._log = log;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != nameof(IStreamStore.AppendAsync))
            {
                return targetMethod.Invoke(_log, args);
            }

            Appends.Enqueue(((IReadOnlyList<NewEntry>)args![2]!).Count);
            return Appends.Count == 1 ? LaterAsync(targetMethod, args) : targetMethod.Invoke(_log, args);
        }

        private async Task<AppendResult> LaterAsync(MethodInfo append, object?[] args)
        {
            FirstAppend.Reached();
            await FirstAppend.OpenedAsync(CancellationToken.None);
            return await (Task<AppendResult>)append.Invoke(_log, args)!;
        }
    }
}
