using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Configures an <see cref="InProcessTestCluster"/>. Its hosts have no defaults: no configuration sources, no logging.</summary>
public sealed class InProcessTestClusterBuilder
{
    /// <summary>Begins with two silos.</summary>
    public InProcessTestClusterBuilder()
        : this(2)
    {
    }

    /// <summary>Begins with so many silos.</summary>
    /// <param name="initialSilosCount">How many silos <see cref="InProcessTestCluster.DeployAsync"/> starts.</param>
    public InProcessTestClusterBuilder(short initialSilosCount) => Options = new()
    {
        InitialSilosCount = initialSilosCount,
        ClusterId = CreateClusterId(),
        ServiceId = Guid.NewGuid().ToString("N"),
        InitializeClientOnDeploy = true,
    };

    /// <summary>What has been configured.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>Configures the hosts of the silos and of the client.</summary>
    /// <param name="configureDelegate">Configures a host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureHost(Action<IHostApplicationBuilder> configureDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((_, host) => configureDelegate(host));
        Options.ClientHostConfigurationDelegates.Add(configureDelegate);
        return this;
    }

    /// <summary>Configures the silos.</summary>
    /// <param name="configureSiloDelegate">Configures a silo.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((options, host) => host.UseOrleans(silo => configureSiloDelegate(options, silo)));
        return this;
    }

    /// <summary>Configures the hosts of the silos.</summary>
    /// <param name="configureSiloHostDelegate">Configures a silo's host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureSiloHost(
        Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configureSiloHostDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add(configureSiloHostDelegate);
        return this;
    }

    /// <summary>Configures the client.</summary>
    /// <param name="configureClientDelegate">Configures the client.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureClient(Action<IClientBuilder> configureClientDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(host => configureClientDelegate(new ClientBuilder(host.Services, host.Configuration)));
        return this;
    }

    /// <summary>Configures the host of the client.</summary>
    /// <param name="configureHostDelegate">Configures the client's host.</param>
    /// <returns>This builder.</returns>
    public InProcessTestClusterBuilder ConfigureClientHost(Action<IHostApplicationBuilder> configureHostDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(configureHostDelegate);
        return this;
    }

    /// <summary>Makes the cluster, which has no silos until it is deployed.</summary>
    /// <returns>The cluster.</returns>
    public InProcessTestCluster Build() => new(Options);

    /// <summary>Makes up an id for a cluster.</summary>
    /// <returns>An id that is unlikely to be made twice.</returns>
    public static string CreateClusterId() => $"testcluster-{Guid.NewGuid():N}";
}
