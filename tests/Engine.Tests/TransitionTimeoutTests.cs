using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;

namespace AgentStream.Engine.Tests;

/// <summary>Activations that take too long to come or to go.</summary>
public sealed class TransitionTimeoutTests : IAsyncLifetime
{
    private EngineCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(configureSilo: services =>
        services.Configure<GrainCollectionOptions>(options =>
            options.ActivationTimeout = options.DeactivationTimeout = TimeSpan.FromSeconds(1)));

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Calls_to_a_grain_that_does_not_come_up_in_time_fail_and_leave_no_activation()
    {
        var grain = _cluster.NewGrain<ILifeGrain>(LifeGrain.HangsInActivation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(grain.WhoAsync);
        Assert.True(_cluster.Signals.IsGiven($"{grain.GetPrimaryKeyString()} activation canceled"));
        Assert.NotEqual(default, (await grain.WhoAsync()).Activation);
    }

    [Fact]
    public async Task An_activation_that_does_not_go_in_time_goes_without_its_end()
    {
        var grain = _cluster.NewGrain<ILifeGrain>(LifeGrain.HangsInDeactivation);
        var life = await grain.WhoAsync();
        await grain.DeactivateAsync();
        Assert.NotEqual(life.Activation, (await grain.WhoAsync()).Activation);
        Assert.True(_cluster.Signals.IsGiven($"{life.Activation} deactivation canceled"));
        Assert.Equal("without its end", await _cluster.Signals.WaitAsync($"{life.Activation} disposed"));
    }
}
