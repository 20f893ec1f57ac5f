using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A cancel does not wait for a grain that does not answer: the store carries the same request out, and the late call is of no later run.</summary>
public sealed class SlowGrainTests : IDisposable
{
    private static readonly SessionKey Key = ChatApp.Key("s1");

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryStreamStore _store;
    private readonly StreamHub _hub;

    public SlowGrainTests()
    {
        _store = new(Options.Create(new StorageOptions()), _time);
        _hub = new(_store, _time, NullLogger<StreamHub>.Instance);
    }

    [Fact]
    public async Task A_grain_that_does_not_answer_within_a_second_is_not_waited_for()
    {
        var run = await StartAsync("1");
        var request = new TaskCompletionSource<CancelRequest>();
        var client = Client(id =>
        {
            request.SetResult(id);
            return new TaskCompletionSource<bool>().Task;
        });

        var canceling = client.CancelAsync(Key);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(canceling.IsCompleted);
        Assert.Equal([RunStatus.Live], await _store.CheckAsync([run]));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await canceling.Within());
        Assert.Equal([RunStatus.Canceled], await _store.CheckAsync([run]));

        // The call arrives after all, when the session has its next run and nobody remembers the request.
        await _store.FinishAsync(run, 1, [], TimeSpan.Zero);
        var next = await StartAsync("2");
        _time.Advance(StreamRules.CancelMemory);
        Assert.False(await _store.CancelAsync(Key, await request.Task));
        Assert.Equal([RunStatus.Live], await _store.CheckAsync([next]));
    }

    [Fact]
    public async Task A_grain_that_does_not_say_which_run_it_has_within_a_second_is_not_waited_for()
    {
        var run = await StartAsync("1");

        var canceling = Client(_ => throw new InvalidOperationException("nothing is known to cancel"), new TaskCompletionSource<string?>().Task).CancelAsync(Key);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await canceling.Within());
        Assert.Equal([RunStatus.Canceled], await _store.CheckAsync([run]));
    }

    [Fact]
    public async Task A_session_whose_run_is_not_in_its_grain_is_canceled_in_the_store()
    {
        var run = await StartAsync("1");

        Assert.True(await Client(_ => throw new InvalidOperationException("the grain has no run"), Task.FromResult<string?>(null)).CancelAsync(Key));
        Assert.Equal([RunStatus.Canceled], await _store.CheckAsync([run]));
    }

    [Fact]
    public async Task A_grain_that_has_canceled_the_run_and_cannot_say_so_has_the_answer_told_by_the_store()
    {
        await StartAsync("1");

        Assert.True(await Client(async id => await _store.CancelAsync(Key, id) ? throw new TimeoutException() : false).CancelAsync(Key));
    }

    [Fact]
    public async Task A_store_that_the_grain_cannot_reach_is_an_error()
    {
        var run = await StartAsync("1");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Client(_ => Task.FromException<bool>(new StorageUnavailableException("gone"))).CancelAsync(Key));
        Assert.Equal([RunStatus.Live], await _store.CheckAsync([run]));
    }

    [Fact]
    public async Task A_caller_who_leaves_cancels_nothing_more()
    {
        var run = await StartAsync("1");
        using var leaves = new CancellationTokenSource();
        var canceling = Client(_ => new TaskCompletionSource<bool>().Task).CancelAsync(Key, leaves.Token);
        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceling);
        Assert.Equal([RunStatus.Live], await _store.CheckAsync([run]));
    }

    [Fact]
    public async Task A_listener_who_comes_back_late_waits_for_a_grain_whose_silo_is_gone()
    {
        var asked = 0;
        var entry = new SessionEntry(Key, new Cursor(7, 9), Protocol.Info, "o", "{}"u8.ToArray());
        var client = new AgentStreamClient(
            Stub.Of<IGrainFactory>((_, _) => Stub.Of<ISessionGrain>((_, _) => Interlocked.Increment(ref asked) switch
            {
                1 => Task.FromException<ReplayedRun?>(new TimeoutException()),
                2 => Task.FromException<ReplayedRun?>(new SiloUnavailableException()),
                _ => Task.FromResult<ReplayedRun?>(new ReplayedRun("r", new Cursor(7, 1), [entry], null)),
            })),
            _store,
            _hub,
            new InMemorySessionEvents(),
            _time);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => client.HasMoreAsync(Key, new Cursor(7, 3)));
        var listening = client.ListenRawAsync(Key, new Cursor(7, 3)).ToListAsync().AsTask();
        await Wait.Until(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return listening.IsCompleted;
            },
            "the listener has it");
        Assert.Equal(entry.Cursor, Assert.Single(await listening).Cursor);
    }

    public void Dispose() => _store.Dispose();

    private async Task<RunToken> StartAsync(string id)
    {
        var run = new RunToken(Key, "silo", id);
        await _store.StartAsync(run);
        return run;
    }

    private AgentStreamClient Client(Func<CancelRequest, Task<bool>> cancel, Task<string?>? liveRun = null) => new(
        Stub.Of<IGrainFactory>((_, _) => Stub.Of<ISessionGrain>((method, call) =>
            method.Name == nameof(ISessionGrain.GetLiveRunIdAsync) ? liveRun ?? Task.FromResult<string?>("1") : cancel((CancelRequest)call[0]!))), _store, _hub, new InMemorySessionEvents(), _time);
}
