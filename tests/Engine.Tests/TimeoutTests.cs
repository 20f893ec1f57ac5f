using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>A call that gets no answer in time fails for its caller only.</summary>
public sealed class TimeoutTests : IAsyncLifetime
{
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(3);

    private EngineCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(responseTimeout: ResponseTimeout);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_call_without_an_answer_times_out_and_the_grain_goes_on()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, grain, "slow");
        var started = TimeProvider.System.GetTimestamp();
        var call = grain.HoldAsync("slow");
        await hold.BeganAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= ResponseTimeout);
        Assert.False(hold.HasEnded);

        hold.LetEnd();
        Assert.Equal("done", await hold.EndedAsync());
        Assert.Equal(1, await grain.EchoValueAsync(1));
    }

    [Fact]
    public async Task A_call_times_out_while_it_waits_for_another_and_is_not_run()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var running = new Hold(_cluster.Signals, grain, "running");
        var waiting = new Hold(_cluster.Signals, grain, "waiting");
        var calls = new[] { grain.HoldAsync("running"), grain.HoldAsync("waiting") };
        await running.BeganAsync();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => call);
        }

        running.LetEnd();
        await running.EndedAsync();
        Assert.Equal(1, await grain.EchoValueAsync(1));
        Assert.False(waiting.HasBegun);
    }

    [Fact]
    public async Task Grains_that_wait_for_each_other_time_out()
    {
        var keys = new[] { "a", "b", "a" };
        await Assert.ThrowsAsync<TimeoutException>(() => _cluster.Cluster.Client.GetGrain<ICallGrain>("a").ChainAsync(keys[1..]));
    }

    [Fact]
    public async Task A_consumer_does_not_wait_for_ever_for_a_producer_that_does_not_heed_its_cancellation()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        using var source = new CancellationTokenSource();
        await using var items = grain.StepAsync("deaf", 0, StepEnd.HoldDeaf).GetAsyncEnumerator(source.Token);
        var move = items.MoveNextAsync().AsTask();
        await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} deaf holds");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
    }

    [Fact]
    public async Task An_enumeration_waits_for_an_item_for_longer_than_the_response_timeout()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        await using var items = grain.StepAsync("patient", 1, StepEnd.Complete).GetAsyncEnumerator();
        var move = items.MoveNextAsync().AsTask();
        var slow = new Hold(_cluster.Signals, grain, "slow");
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldAsync("slow"));
        Assert.False(move.IsCompleted);

        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} patient 0");
        Assert.True(await move);
        slow.LetEnd();
        await slow.EndedAsync();
    }
}
