using AgentStream.Grains.Hosting;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>The operations of <see cref="Deps"/>, on a clock that only the tests move.</summary>
public sealed class DepsTests : IAsyncDisposable
{
    private static readonly SessionKey Key = new(1, 2, "s1");

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryStreamStore _log;
    private readonly ServiceProvider _services;
    private volatile bool _appendsFail;
    private volatile int _checks;

    public DepsTests()
    {
        _log = new(Options.Create(new StorageOptions()), _time);
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_time)
            .AddSingleton(FailingStore.Around(_log, (call, _) =>
            {
                _checks += call == nameof(IStreamStore.CheckAsync) ? 1 : 0;
                return _appendsFail && call == nameof(IStreamStore.AppendAsync);
            }));
        services.AddAgentStream(new ConfigurationBuilder().Build());
        _services = services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task A_listener_gives_up_after_three_seconds_when_nothing_ever_came()
    {
        var listening = HearAsync(NewDeps().ListenAsync());
        Assert.InRange(await WaitedAsync(listening), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3) + Deps.StartPoll);
        Assert.Empty(await listening);

        listening = HearAsync(NewDeps().ListenAsync(wait: TimeSpan.FromSeconds(1)));
        Assert.InRange(await WaitedAsync(listening), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1) + Deps.StartPoll);
    }

    [Fact]
    public async Task A_listener_gives_up_after_sixty_seconds_of_silence_within_a_run()
    {
        var deps = NewDeps();
        await deps.StartAsync();
        await GivesUpAfterAsync(TimeSpan.FromSeconds(60), HearAsync(deps.ListenAsync()));
        await GivesUpAfterAsync(TimeSpan.FromSeconds(7), HearAsync(deps.ListenAsync(timeout: TimeSpan.FromSeconds(7))));

        async Task GivesUpAfterAsync(TimeSpan silence, Task<List<string>> listening)
        {
            await Wait.Until(() => _time.HasTimer(silence), "the listener waits for the next event");
            _time.Advance(silence);
            Assert.Equal(["""begin {"session_id":"s1"}"""], await listening.Within());
        }
    }

    [Fact]
    public async Task A_listener_that_came_before_the_run_hears_all_of_it_but_the_end()
    {
        var deps = NewDeps();
        var listening = HearAsync(NewDeps().ListenAsync());
        await Wait.Until(() => _time.ArmedTimers > 0, "the listener waits");
        await deps.StartAsync();
        await deps.AddInfoAsync(new { msg = "hi" });
        await deps.StopAsync();
        await WaitedAsync(listening);
        Assert.Equal(["""begin {"session_id":"s1"}""", """info {"msg":"hi"}"""], await listening);
    }

    [Fact]
    public async Task A_process_that_wakes_up_when_another_has_its_run_calls_no_tool()
    {
        var (gate, calls) = (new Gate(), 0);
        var builder = new AgentBuilder();
        builder.UseChatClient(_ => new ScriptedModel([new Step.Pause(gate), Step.Call("c1", "charge")], [Step.Say("charged")])).WithTool(() => ++calls, "charge");
        var running = StandaloneRuntime.RunAsync(
            _services.GetRequiredService<RunEnvironment>(), new StandaloneSession(_ => new([]), (_, _) => ValueTask.CompletedTask), builder.Build("assistant", _services), "charge me", NewDeps());
        await gate.ReachedAsync();
        await Wait.Until(async () => await CountAsync() == 2, "the begin of the run and of its node to be written");

        // It is paused here, and nobody has renewed its lease: another recovers the run.
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.NotNull(await _log.RecoverAsync((await _log.FindRunAsync(Key))!.Run, "another"));

        // When it wakes up, the tool's turn is before the answer to what it still writes.
        _appendsFail = true;
        gate.Open();
        await Wait.Until(() => _checks > 0 || calls > 0, "the run to look before it leaps");
        _appendsFail = false;

        await Wait.Until(() => running.IsCompleted || Advance(), "the end");
        await Assert.ThrowsAsync<OwnershipLostException>(() => running);
        Assert.Equal(0, calls);

        bool Advance()
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return false;
        }
    }

    [Fact]
    public async Task A_process_that_wakes_up_and_still_has_its_run_goes_on()
    {
        var calls = 0;
        var builder = new AgentBuilder();
        builder.UseChatClient(_ => new ScriptedModel([Step.Call("c1", "charge")], [Step.Say("charged")])).WithTool(() => ++calls, "charge");

        // Nobody renews a lease here at all.
        await StandaloneRuntime.RunAsync(
            _services.GetRequiredService<RunEnvironment>(), new StandaloneSession(_ => new([]), (_, _) => ValueTask.CompletedTask), builder.Build("assistant", _services), "charge me", NewDeps()).Within();

        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task The_stream_stays_for_the_grace_period_and_the_flag_goes_at_once()
    {
        var deps = NewDeps();
        await deps.StartAsync();
        Assert.True(await deps.IsLiveAsync());
        await deps.StopAsync(TimeSpan.FromSeconds(2));
        Assert.False(await deps.IsLiveAsync());
        Assert.Equal(2, await CountAsync());
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(2, await CountAsync());
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Without_a_grace_period_given_the_stream_stays_for_five_seconds()
    {
        var deps = NewDeps();
        await deps.StartAsync();
        await deps.StopAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(2, await CountAsync());
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_cancel_says_true_once()
    {
        var deps = NewDeps();
        Assert.False(await deps.CancelAsync());
        await deps.StartAsync();
        Assert.True(await deps.CancelAsync());
        Assert.False(await deps.CancelAsync());
        Assert.False(await deps.IsLiveAsync());
        await deps.StopAsync();
    }

    [Fact]
    public async Task Entries_of_any_type_and_origin_can_be_added_while_the_run_lasts()
    {
        var deps = NewDeps();
        await Assert.ThrowsAsync<InvalidOperationException>(() => deps.AddInfoAsync(new { msg = "early" }).AsTask());
        await deps.StartAsync();
        await deps.AddAsync("note", "me");
        await deps.AddErrorAsync(new { code = 7 }, origin: "billing");
        await deps.AddInfoAsync(new { text = "22 °C <b>" });
        await deps.StopAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => deps.AddInfoAsync(new { msg = "late" }).AsTask());

        var slice = await _services.GetRequiredService<IStreamStore>().ReadAsync(Key, Cursor.Start, 100);
        Assert.Equal(
            [
                """{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"s1"}}""",
                """{"type":"note","origin":"me","body":{}}""",
                """{"type":"error","origin":"billing","body":{"code":7}}""",
                """{"type":"info","origin":"developer","body":{"text":"22 °C <b>"}}""",
                """{"type":"end","origin":"pydantic-ai-stream","body":{}}""",
            ],
            slice.Events.Select(e => e.ToJson()));
    }

    [Fact]
    public async Task Nodes_can_be_tracked_by_hand()
    {
        var deps = NewDeps();
        await deps.StartAsync();
        var request = new ModelRequest([new UserPromptPart("hi") { Timestamp = _time.GetUtcNow() }]) { Timestamp = _time.GetUtcNow() };
        await deps.AddNodeBeginAsync(request);
        await deps.AddNodeEventAsync(new ChatResponseUpdate(ChatRole.Assistant, "a"));
        await deps.AddNodeEventAsync(new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("c1", "look")]));
        var response = await deps.AddNodeEndAsync();
        Assert.Equal("look", response.ToolCalls.Single().ToolName);
        await deps.StopAsync();
        Assert.Equal(
            [
                """begin {"session_id":"s1"}""",
                """event {"idx":0,"event":"llm-begin"}""",
                """event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"a"}""",
                """event {"idx":0,"event":"answer"}""",
                """event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"look","tool_call_id":"c1","args":{}}""",
                """event {"idx":0,"event":"llm-end"}""",
            ],
            await HearAsync(deps.ListenAsync()));
    }

    private Deps NewDeps() => new(_services.GetRequiredService<RunEnvironment>(), Key);

    private async Task<int> CountAsync() => (await _services.GetRequiredService<IStreamStore>().ReadAsync(Key, Cursor.Start, 100)).Events.Count;

    private static async Task<List<string>> HearAsync(IAsyncEnumerable<StreamEntry> events)
    {
        var heard = new List<string>();
        await foreach (var item in events)
        {
            heard.Add($"{item.Type} {System.Text.Encoding.UTF8.GetString(item.Body.Span)}");
        }

        return heard;
    }

    /// <summary>Moves the clock, from one look of a listener for its run to the next, until it has ended.</summary>
    /// <returns>How long that was.</returns>
    private async Task<TimeSpan> WaitedAsync(Task listening)
    {
        var start = _time.GetUtcNow();
        while (!listening.IsCompleted)
        {
            await Wait.Until(() => listening.IsCompleted || _time.NextTimer <= Deps.StartPoll, "the listener waits for its run");
            if (!listening.IsCompleted)
            {
                _time.Advance(Deps.StartPoll);
            }
        }

        return _time.GetUtcNow() - start;
    }
}
