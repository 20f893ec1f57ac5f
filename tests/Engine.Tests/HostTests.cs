using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests;

/// <summary>A host that uses Orleans is a silo with a client: it starts and stops with it.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task A_web_application_is_a_silo_that_deactivates_its_grains_when_it_stops()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort: 21111, gatewayPort: 0));
        await TryGrainsAsync(builder.Services, builder.Build);
    }

    [Fact]
    public async Task A_host_application_is_a_silo()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort: 21112, gatewayPort: 0));
        await TryGrainsAsync(builder.Services, builder.Build);
    }

    [Fact]
    public async Task A_host_of_a_host_builder_is_a_silo()
    {
        var services = new ServiceCollection();
        var builder = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .UseOrleans(silo => silo.UseLocalhostClustering(siloPort: 21113, gatewayPort: 0));
        await TryGrainsAsync(services, () => builder.ConfigureServices(own =>
        {
            foreach (var service in services)
            {
                own.Add(service);
            }
        }).Build());
    }

    private static async Task TryGrainsAsync(IServiceCollection services, Func<IHost> build)
    {
        var signals = new Signals();
        services.AddSingleton(signals).AddScoped<Notebook>();
        Life life;
        using (var host = build())
        {
            await host.StartAsync();
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            life = await grains.GetGrain<ILifeGrain>("one").WhoAsync();
            Assert.Equal(host.Services.GetRequiredService<ILocalSiloDetails>().Name, life.Silo);

            var client = host.Services.GetRequiredService<IClusterClient>();
            Assert.Same(signals, client.ServiceProvider.GetRequiredService<Signals>());
            Assert.Equal(life, await client.GetGrain<ILifeGrain>("one").WhoAsync());
            await host.StopAsync();
        }

        Assert.Equal(nameof(DeactivationReasonCode.ShuttingDown), await signals.WaitAsync($"{life.Activation} deactivating"));
        Assert.Equal("after OnDeactivateAsync", await signals.WaitAsync($"{life.Activation} disposed"));
    }
}
