using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>An activation that is not used goes.</summary>
public sealed class CollectionTests(CollectingCluster collecting) : IClassFixture<CollectingCluster>
{
    private readonly EngineCluster _cluster = collecting.Value;

    [Fact]
    public async Task An_activation_that_is_not_used_for_the_collection_age_goes()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var started = TimeProvider.System.GetTimestamp();
        var life = await grain.WhoAsync();
        await collecting.GoesAsync(life);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= CollectingCluster.CollectionAge);
        await _cluster.Signals.WaitAsync($"notebook {life.Notebook} disposed");
        Assert.NotEqual(life.Activation, (await grain.WhoAsync()).Activation);
    }

    [Fact]
    public async Task An_activation_goes_when_the_delay_of_its_deactivation_is_over()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        var started = TimeProvider.System.GetTimestamp();
        await grain.DelayDeactivationAsync(2 * CollectingCluster.CollectionAge);
        await collecting.GoesAsync(life);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= 2 * CollectingCluster.CollectionAge);
    }

    [Fact]
    public async Task A_delay_of_zero_ends_an_earlier_one()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        await grain.DelayDeactivationAsync(TimeSpan.MaxValue);
        await grain.DelayDeactivationAsync(TimeSpan.Zero);
        await collecting.GoesAsync(life);
    }

    [Fact]
    public async Task An_activation_whose_requests_are_all_done_goes_though_they_were_long()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var hold = new Hold(_cluster.Signals, grain, "long");
        var life = await grain.WhoAsync();
        var call = grain.HoldAsync("long");
        await collecting.OthersGoAsync();
        Assert.False(_cluster.Signals.IsGiven($"{life.Activation} deactivating"));

        hold.LetEnd();
        await call;
        Assert.Equal(life, await grain.WhoAsync());
        await collecting.GoesAsync(life);
    }
}

/// <summary>An activation that is held, or used now and then, stays.</summary>
public sealed class RetentionTests(CollectingCluster collecting) : IClassFixture<CollectingCluster>
{
    private readonly EngineCluster _cluster = collecting.Value;

    [Fact]
    public async Task An_activation_stays_while_requests_come_now_and_then()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        await collecting.OthersGoAsync(meanwhile: grain.WhoAsync);
        Assert.Equal(life, await grain.WhoAsync());
    }

    [Fact]
    public async Task An_activation_stays_while_a_keep_alive_timer_ticks_and_not_with_another_timer()
    {
        var kept = _cluster.NewGrain<ILifeGrain>();
        var left = _cluster.NewGrain<ILifeGrain>();
        var keptLife = await kept.WhoAsync();
        var leftLife = await left.WhoAsync();
        await kept.TickAsync(CollectingCluster.CollectionAge / 10, keepAlive: true);
        await left.TickAsync(CollectingCluster.CollectionAge / 10, keepAlive: false);
        await collecting.GoesAsync(leftLife);
        await collecting.OthersGoAsync();
        Assert.Equal(keptLife, await kept.WhoAsync());
    }

    [Fact]
    public async Task An_activation_stays_while_its_deactivation_is_delayed()
    {
        var delayed = _cluster.NewGrain<ILifeGrain>();
        var forEver = _cluster.NewGrain<ILifeGrain>();
        var delayedLife = await delayed.WhoAsync();
        var forEverLife = await forEver.WhoAsync();
        await delayed.DelayDeactivationAsync(TimeSpan.FromMinutes(1));
        await forEver.DelayDeactivationAsync(Timeout.InfiniteTimeSpan);
        await collecting.OthersGoAsync();
        Assert.Equal(delayedLife, await delayed.WhoAsync());
        Assert.Equal(forEverLife, await forEver.WhoAsync());
    }

    [Fact]
    public async Task An_activation_stays_while_a_consumer_waits_for_an_item_of_it()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        await using var items = grain.StepAsync("waiting", 1, StepEnd.Complete).GetAsyncEnumerator();
        var move = items.MoveNextAsync().AsTask();
        await collecting.OthersGoAsync();
        Assert.False(move.IsCompleted);
        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} waiting 0");
        Assert.True(await move);
    }
}
