using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>A cancellation token that is handed to a grain cancels the one that the grain gets.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class CancellationTests(SharedCluster shared)
{
    private readonly EngineCluster _cluster = shared.Value;

    [Fact]
    public async Task Canceling_a_running_call_cancels_it_for_the_caller_and_in_the_grain()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, grain, "canceled");
        using var source = new CancellationTokenSource();
        var call = grain.HoldAsync("canceled", source.Token);
        await hold.BeganAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("canceled", await hold.EndedAsync());
        Assert.Equal(1, await grain.EchoValueAsync(1));
    }

    [Fact]
    public async Task What_a_grain_registers_with_its_token_runs_in_its_turns()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, grain, "watched");
        using var source = new CancellationTokenSource();
        var call = grain.WatchAsync("watched", source.Token);
        await hold.BeganAsync();
        await source.CancelAsync();
        Assert.Equal("home", await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} watched canceled"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        hold.LetEnd();
        await hold.EndedAsync();
    }

    [Fact]
    public async Task A_call_that_is_canceled_while_it_waits_does_not_run_to_its_end()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var running = new Hold(_cluster.Signals, grain, "running");
        var waiting = new Hold(_cluster.Signals, grain, "waiting");
        var runningCall = grain.HoldAsync("running");
        await running.BeganAsync();
        using var source = new CancellationTokenSource();
        var waitingCall = grain.HoldAsync("waiting", source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waitingCall);

        // The embedded engine does not let it begin. With a network, the cancellation may come when it just has: then it is canceled.
        running.LetEnd();
        Assert.Equal("running", await runningCall);
        Assert.Equal(1, await grain.EchoValueAsync(1));
        Assert.True(!waiting.HasBegun || await waiting.EndedAsync() == "canceled");
    }

    [Fact]
    public async Task A_call_with_a_canceled_token_is_not_sent()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, grain, "not sent");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => grain.HoldAsync("not sent", new CancellationToken(canceled: true)));
        Assert.Equal(1, await grain.EchoValueAsync(1));
        Assert.False(hold.HasBegun);
    }

    [Fact]
    public async Task A_token_goes_along_from_grain_to_grain()
    {
        var other = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, other, "elsewhere");
        using var source = new CancellationTokenSource();
        var call = _cluster.NewGrain<ICallGrain>().HoldElsewhereAsync(other.GetPrimaryKeyString(), "elsewhere", source.Token);
        await hold.BeganAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("canceled", await hold.EndedAsync());
    }

    [Fact]
    public async Task A_token_that_is_canceled_after_the_answer_changes_nothing()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        using var source = new CancellationTokenSource();
        Assert.Equal((true, false), await grain.LookAtAsync(source.Token));
        await source.CancelAsync();
        Assert.Equal(1, await grain.EchoValueAsync(1));
    }
}
