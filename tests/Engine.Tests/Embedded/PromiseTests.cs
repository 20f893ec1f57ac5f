using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests.Embedded;

/// <summary>What callers of the embedded engine can count on beyond Orleans, since everything is in one process.</summary>
public sealed class PromiseTests
{
    [Fact]
    public async Task The_calls_under_way_to_a_killed_silo_fail_at_once_and_the_next_call_finds_the_grain_elsewhere()
    {
        await using var cluster = await EngineCluster.StartAsync(silos: 2);
        var grain = cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        var hold = new Hold(cluster.Signals, grain, "under way");
        var running = grain.HoldAsync("under way");
        await hold.BeganAsync();
        var waiting = grain.WhoAsync();
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos.Single(silo => silo.Name == life.Silo));
        await Assert.ThrowsAsync<SiloUnavailableException>(() => running);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        Assert.NotEqual(life.Silo, (await grain.WhoAsync()).Silo);
        hold.LetEnd();
    }

    [Fact]
    public async Task The_next_call_after_a_silo_has_stopped_finds_the_grain_elsewhere()
    {
        await using var cluster = await EngineCluster.StartAsync(silos: 2);
        var grain = cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        await cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos.Single(silo => silo.Name == life.Silo));
        Assert.NotEqual(life.Silo, (await grain.WhoAsync()).Silo);
    }

    [Fact]
    public async Task The_consumer_of_an_enumeration_in_a_killed_silo_learns_of_it_at_once()
    {
        await using var cluster = await EngineCluster.StartAsync();
        var grain = cluster.NewGrain<IStreamGrain>();
        cluster.Signals.Give($"{grain.GetPrimaryKeyString()} lost 0");
        await using var items = grain.StepAsync("lost", 1, StepEnd.Hold).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        var move = items.MoveNextAsync().AsTask();
        await cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} lost holds");
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[0]);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => move);
    }

    [Fact]
    public async Task The_consumer_of_an_enumeration_learns_at_once_that_its_activation_goes()
    {
        await using var cluster = await EngineCluster.StartAsync();
        var grain = cluster.NewGrain<IStreamGrain>();
        await using var items = grain.StepAsync("lost", 0, StepEnd.Hold).GetAsyncEnumerator();
        var move = items.MoveNextAsync().AsTask();
        await cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} lost holds");
        await grain.DeactivateAsync();
        await Assert.ThrowsAsync<EnumerationAbortedException>(() => move);
        Assert.Equal("canceled", await cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} lost ended"));
    }

    [Fact]
    public async Task A_grain_of_a_killed_silo_reaches_no_other_grain()
    {
        await using var cluster = await EngineCluster.StartAsync(silos: 2);
        var grain = cluster.NewGrain<ICallGrain>();
        var other = cluster.NewGrain<ICallGrain>();
        var held = new Hold(cluster.Signals, grain, "held");
        var home = await grain.SiloAsync();
        var call = grain.HoldThenCallAsync("held", other.GetPrimaryKeyString());
        await held.BeganAsync();
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos.Single(silo => silo.Name == home));
        await Assert.ThrowsAsync<SiloUnavailableException>(() => call);
        held.LetEnd();
        Assert.Equal(nameof(SiloUnavailableException), await cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} held called"));
        Assert.Equal(other.GetPrimaryKeyString(), await other.KeyAsync());
    }

    [Fact]
    public async Task A_call_to_a_cluster_without_silos_fails()
    {
        await using var cluster = await EngineCluster.StartAsync();
        await cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos[0]);
        await Assert.ThrowsAsync<SiloUnavailableException>(cluster.NewGrain<ILifeGrain>().WhoAsync);
    }

    [Fact]
    public async Task A_call_that_is_canceled_while_it_waits_is_never_begun()
    {
        await using var cluster = await EngineCluster.StartAsync();
        var grain = cluster.NewGrain<ICallGrain>();
        var running = new Hold(cluster.Signals, grain, "running");
        var runningCall = grain.HoldAsync("running");
        await running.BeganAsync();
        using var source = new CancellationTokenSource();
        var waitingCall = grain.HoldAsync("waiting", source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waitingCall);
        running.LetEnd();
        await runningCall;
        await grain.EchoValueAsync(1);
        Assert.False(new Hold(cluster.Signals, grain, "waiting").HasBegun);
    }

    [Fact]
    public async Task A_tick_that_waits_when_its_timer_is_disposed_is_never_begun()
    {
        await using var cluster = await EngineCluster.StartAsync();
        var grain = cluster.NewGrain<ITimerGrain>();
        var held = new Hold(cluster.Signals, grain, "held");
        await grain.StartAsync(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, interleave: false, throws: false);
        var call = grain.HoldAsync("held");
        await held.BeganAsync();
        await grain.ChangeAsync(TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        // A later timer has ticked, so the tick waits by now.
        var other = cluster.NewGrain<ITimerGrain>();
        var otherTick = new Hold(cluster.Signals, other, "tick 1");
        await other.StartAsync(TimeSpan.FromMilliseconds(50), Timeout.InfiniteTimeSpan, interleave: true, throws: false);
        await otherTick.BeganAsync();
        otherTick.LetEnd();
        await grain.StopAsync();
        held.LetEnd();
        await call;
        var behind = new Hold(cluster.Signals, grain, "behind the tick");
        behind.LetEnd();
        await grain.HoldAsync("behind the tick");
        Assert.Equal(0, await grain.TicksAsync());
    }

    [Fact]
    public async Task The_silos_share_the_grains()
    {
        await using var cluster = await EngineCluster.StartAsync(silos: 3);
        var lives = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => cluster.NewGrain<ILifeGrain>().WhoAsync()));
        Assert.Equal([10, 10, 10], lives.CountBy(life => life.Silo).Select(silo => silo.Value));
    }

    [Fact]
    public async Task A_collection_age_that_is_not_longer_than_the_quantum_is_refused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
            silo.Services.Configure<GrainCollectionOptions>(options => options.CollectionAge = options.CollectionQuantum));
        using var host = builder.Build();
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal("CollectionAge is 00:01:00; it must be greater than CollectionQuantum, 00:01:00.", exception.Message);
    }
}
