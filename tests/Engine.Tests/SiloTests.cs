using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace AgentStream.Engine.Tests;

/// <summary>Silos come and go; their grains come up elsewhere.</summary>
public sealed class SiloTests : IAsyncLifetime
{
    private EngineCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(
        silos: 2,
        responseTimeout: TimeSpan.FromSeconds(5),
        configureSilo: services => services.AddHostedService<Witness>());

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public void Each_silo_has_a_host_with_services_a_name_and_an_address_of_its_own()
    {
        var silos = _cluster.Cluster.Silos;
        Assert.Equal(["Silo_0", "Silo_1"], silos.Select(silo => silo.Name).Order());
        Assert.NotEqual(silos[0].SiloAddress, silos[1].SiloAddress);
        Assert.NotSame(silos[0].ServiceProvider, silos[1].ServiceProvider);
        Assert.All(silos, silo =>
        {
            var services = _cluster.Cluster.GetSiloServiceProvider(silo.SiloAddress);
            Assert.Same(silo.SiloHost.Services, services);
            var details = services.GetRequiredService<ILocalSiloDetails>();
            Assert.Equal((silo.Name, silo.SiloAddress), (details.Name, details.SiloAddress));
            Assert.True(silo.IsActive);
        });
    }

    [Fact]
    public async Task Every_silo_and_the_client_see_the_same_activation()
    {
        var key = Guid.NewGuid().ToString();
        var life = await _cluster.Cluster.Client.GetGrain<ILifeGrain>(key).WhoAsync();
        foreach (var silo in _cluster.Cluster.Silos)
        {
            Assert.Equal(life, await silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(key).WhoAsync());
        }
    }

    [Fact]
    public async Task The_grains_of_a_stopped_silo_are_told_and_come_up_elsewhere()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        var silo = SiloOf(life);
        await _cluster.Cluster.StopSiloAsync(silo);
        Assert.False(silo.IsActive);
        Assert.DoesNotContain(silo, _cluster.Cluster.Silos);
        Assert.Equal("ShuttingDown", await _cluster.Signals.WaitAsync($"{life.Activation} deactivating"));
        Assert.True(_cluster.Signals.IsGiven($"{life.Activation} disposed"));
        Assert.Equal("in order", await _cluster.Signals.WaitAsync($"{silo.Name} host stopped"));
        Assert.True(_cluster.Signals.IsGiven($"{silo.Name} host disposed"));

        var next = await WhoInTheEndAsync(grain);
        Assert.NotEqual(life.Silo, next.Silo);
    }

    [Fact]
    public async Task A_silo_that_stops_lets_the_running_requests_end()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        var hold = new Hold(_cluster.Signals, grain, "running");
        var call = grain.HoldAsync("running");
        await hold.BeganAsync();
        var stop = _cluster.Cluster.StopSiloAsync(SiloOf(life));
        hold.LetEnd();
        await call;
        await stop;
        Assert.True(_cluster.Signals.IsGiven($"{life.Activation} deactivated"));
    }

    [Fact]
    public async Task The_calls_under_way_to_a_killed_silo_fail_and_its_grains_are_not_told_and_come_up_elsewhere()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var life = await grain.WhoAsync();
        var silo = SiloOf(life);
        var hold = new Hold(_cluster.Signals, grain, "under way");
        var running = grain.HoldAsync("under way");
        await hold.BeganAsync();
        var waiting = grain.WhoAsync();
        await _cluster.Cluster.KillSiloAsync(silo);
        Assert.False(silo.IsActive);
        await FailsAsync(running);
        await FailsAsync(waiting);
        Assert.Equal("abruptly", await _cluster.Signals.WaitAsync($"{silo.Name} host stopped"));
        Assert.True(_cluster.Signals.IsGiven($"{silo.Name} host disposed"));

        var next = await WhoInTheEndAsync(grain);
        Assert.NotEqual(life.Silo, next.Silo);
        Assert.False(_cluster.Signals.IsGiven($"{life.Activation} deactivating"));
        hold.LetEnd();
    }

    [Fact]
    public async Task A_silo_that_joins_later_takes_over_when_the_others_have_gone()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        await grain.WhoAsync();
        var first = _cluster.Cluster.Silos;
        var added = await _cluster.Cluster.StartAdditionalSiloAsync();
        Assert.Equal("Silo_2", added.Name);
        foreach (var silo in first)
        {
            await _cluster.Cluster.StopSiloAsync(silo);
        }

        Assert.Equal("Silo_2", (await WhoInTheEndAsync(grain)).Silo);
    }

    [Fact]
    public async Task A_silo_that_is_restarted_has_its_name_and_another_address()
    {
        var silo = _cluster.Cluster.Silos[0];
        var restarted = await _cluster.Cluster.RestartSiloAsync(silo);
        Assert.Equal(silo.Name, restarted!.Name);
        Assert.NotEqual(silo.SiloAddress, restarted.SiloAddress);
        Assert.True(restarted.IsActive);
        Assert.Equal(2, _cluster.Cluster.Silos.Count);
        await WhoInTheEndAsync(_cluster.NewGrain<ILifeGrain>());
    }

    /// <summary>With a network, a caller may learn no more than that no answer comes.</summary>
    private static async Task FailsAsync(Task call)
    {
        var exception = await Record.ExceptionAsync(() => call);
        Assert.True(exception is SiloUnavailableException or TimeoutException, $"{exception}");
    }

    /// <summary>With a network, it takes some time until the others know that a silo is gone.</summary>
    private static async Task<Life> WhoInTheEndAsync(ILifeGrain grain)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await grain.WhoAsync();
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException && !patience.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private InProcessSiloHandle SiloOf(Life life) => _cluster.Cluster.Silos.Single(silo => silo.Name == life.Silo);

    /// <summary>Sees how its host ends.</summary>
    private sealed class Witness(Signals signals, ILocalSiloDetails silo) : IHostedService, IDisposable
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            signals.Give($"{silo.Name} host stopped", cancellationToken.IsCancellationRequested ? "abruptly" : "in order");
            return Task.CompletedTask;
        }

        public void Dispose() => signals.Give($"{silo.Name} host disposed");
    }
}
