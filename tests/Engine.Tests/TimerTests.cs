using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>The ticks of a grain's timers are turns of the grain.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class TimerTests(SharedCluster shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    private readonly EngineCluster _cluster = shared.Value;

    [Fact]
    public async Task A_timer_ticks_again_and_again_and_the_next_period_begins_when_a_tick_is_done()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAsync(Soon, Soon, interleave: false, throws: false);
        for (var i = 1; i <= 3; i++)
        {
            var tick = new Hold(_cluster.Signals, grain, $"tick {i}");
            await tick.BeganAsync();
            Assert.Equal(i, await grain.TicksAsync());
            tick.LetEnd();
            await tick.EndedAsync();
        }
    }

    [Fact]
    public async Task A_tick_that_fails_is_not_the_last()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAsync(Soon, Soon, interleave: false, throws: true);
        Tick(grain, 1).LetEnd();
        await Tick(grain, 2).BeganAsync();
        Tick(grain, 2).LetEnd();
        await Tick(grain, 3).BeganAsync();
        Tick(grain, 3).LetEnd();
    }

    [Fact]
    public async Task A_tick_waits_for_the_running_request_and_requests_wait_for_the_tick()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        var late = new Hold(_cluster.Signals, grain, "late");
        await grain.StartAsync(Soon, Never, interleave: false, throws: false);
        await Tick(grain, 1).BeganAsync();
        var call = grain.HoldAsync("late");
        await grain.TicksAsync();
        Assert.False(late.HasBegun);

        Tick(grain, 1).LetEnd();
        await late.BeganAsync();
        await grain.ChangeAsync(TimeSpan.Zero, Never);

        // An interleaving timer of another grain ticks twice in the time in which this one could.
        await TwoTicksOfAnotherAsync();
        Assert.False(Tick(grain, 2).HasBegun);

        late.LetEnd();
        await call;
        await Tick(grain, 2).BeganAsync();
        Tick(grain, 2).LetEnd();
    }

    [Fact]
    public async Task An_interleaving_tick_does_not_wait()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        var held = new Hold(_cluster.Signals, grain, "held");
        await grain.StartAsync(Never, Never, interleave: true, throws: false);
        var call = grain.HoldAsync("held");
        await held.BeganAsync();
        await grain.ChangeAsync(TimeSpan.Zero, Never);
        await Tick(grain, 1).BeganAsync();
        Tick(grain, 1).LetEnd();
        held.LetEnd();
        await call;
    }

    [Fact]
    public async Task A_timer_that_is_changed_in_a_tick_keeps_the_change()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAsync(Soon, Never, interleave: false, throws: false);
        await Tick(grain, 1).BeganAsync();
        await grain.ChangeAsync(Soon, Never);
        Tick(grain, 1).LetEnd();
        await Tick(grain, 2).BeganAsync();
        Tick(grain, 2).LetEnd();
        await Tick(grain, 2).EndedAsync();
        await TwoTicksOfAnotherAsync();
        Assert.Equal(2, await grain.TicksAsync());
    }

    [Fact]
    public async Task Disposing_a_timer_cancels_its_tick_and_is_the_end()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAsync(Soon, Soon, interleave: false, throws: false);
        await Tick(grain, 1).BeganAsync();
        await grain.StopAsync();
        Assert.Equal("canceled", await Tick(grain, 1).EndedAsync());
        await TwoTicksOfAnotherAsync();
        Assert.Equal(1, await grain.TicksAsync());
    }

    [Fact]
    public async Task A_timer_goes_with_its_activation()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAsync(Soon, Soon, interleave: false, throws: false);
        await Tick(grain, 1).BeganAsync();
        await grain.DeactivateAsync();
        Assert.False(_cluster.Signals.IsGiven($"{grain.GetPrimaryKeyString()} deactivated"));

        Tick(grain, 1).LetEnd();
        await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} deactivated");
        await TwoTicksOfAnotherAsync();
        Assert.False(Tick(grain, 2).HasBegun);
        Assert.Equal(0, await grain.TicksAsync());
    }

    [Fact]
    public async Task A_timer_can_be_made_in_many_ways()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await grain.StartAllKindsAsync();
        string[] kinds = ["1", "2 True", "3 three", "4 four True", "5", "6 True", "7 seven", "8 eight True"];
        foreach (var kind in kinds)
        {
            await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} {kind}");
        }
    }

    [Fact]
    public async Task A_negative_time_is_refused()
    {
        var grain = _cluster.NewGrain<ITimerGrain>();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            grain.StartAsync(TimeSpan.FromSeconds(-1), Never, interleave: false, throws: false));
    }

    private Hold Tick(ITimerGrain grain, int number) => new(_cluster.Signals, grain, $"tick {number}");

    private async Task TwoTicksOfAnotherAsync()
    {
        var other = _cluster.NewGrain<ITimerGrain>();
        await other.StartAsync(Soon, Soon, interleave: true, throws: false);
        Tick(other, 1).LetEnd();
        await Tick(other, 2).BeganAsync();
        await other.StopAsync();
    }
}
