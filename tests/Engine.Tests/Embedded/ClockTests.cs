using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace AgentStream.Engine.Tests.Embedded;

/// <summary>All times of the embedded engine come from the time provider of the host's services.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private readonly Signals _signals = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.AddSingleton<TimeProvider>(_clock).AddSingleton(_signals).AddScoped<Notebook>());
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_timer_ticks_when_the_clock_says_so()
    {
        var grain = _cluster.Client.GetGrain<ITimerGrain>("timer");
        await grain.StartAsync(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10), interleave: false, throws: false);
        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal(0, await grain.TicksAsync());
        _clock.Advance(TimeSpan.FromTicks(1));
        var tick = new Hold(_signals, grain, "tick 1");
        await tick.BeganAsync();
        tick.LetEnd();
    }

    [Fact]
    public async Task An_activation_goes_when_the_clock_says_so()
    {
        var options = new GrainCollectionOptions();
        var life = await _cluster.Client.GetGrain<ILifeGrain>("life").WhoAsync();
        _clock.Advance(options.CollectionAge - options.CollectionQuantum);
        Assert.Equal(life, await _cluster.Client.GetGrain<ILifeGrain>("life").WhoAsync());
        _clock.Advance(options.CollectionAge + options.CollectionQuantum);
        Assert.Equal("ActivationIdle", await _signals.WaitAsync($"{life.Activation} deactivating"));
    }

    [Fact]
    public async Task A_call_times_out_when_the_clock_says_so()
    {
        var grain = _cluster.Client.GetGrain<ICallGrain>("call");
        var hold = new Hold(_signals, grain, "slow");
        var call = grain.HoldAsync("slow");
        await hold.BeganAsync();
        _clock.Advance(new SiloMessagingOptions().ResponseTimeout - TimeSpan.FromSeconds(1));
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        hold.LetEnd();
    }
}
