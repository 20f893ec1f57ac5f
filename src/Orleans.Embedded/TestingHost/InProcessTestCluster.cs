using System.Collections.ObjectModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Embedded.Calls;
using Orleans.Embedded.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>A cluster for tests: several silos and a client in this process, each with a host and services of its own.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private const int FirstPort = 11111;

    private readonly LocalCluster _cluster = new();
    private readonly List<InProcessSiloHandle> _silos = [];
    private IHost? _clientHost;
    private int _startedSilos;

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    /// <summary>What the cluster is made of.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>The silos that have not been stopped or killed.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos
    {
        get
        {
            lock (_silos)
            {
                return _silos.ToArray().AsReadOnly();
            }
        }
    }

    /// <summary>The client.</summary>
    /// <exception cref="InvalidOperationException">The cluster is not deployed, or has been stopped.</exception>
    public IClusterClient Client => _clientHost?.Services.GetRequiredService<IClusterClient>()
        ?? throw new InvalidOperationException("The test cluster has no client: it is not deployed, or has been stopped.");

    /// <summary>The services of a silo's host.</summary>
    /// <param name="silo">The silo; null is any.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentException">The cluster has no such silo.</exception>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) =>
        Silos.FirstOrDefault(handle => silo is null || handle.SiloAddress.Equals(silo))?.ServiceProvider
        ?? throw new ArgumentException($"The provided silo address '{silo}' is unknown.", nameof(silo));

    /// <summary>Starts the silos and the client.</summary>
    /// <returns>A task that completes when all are started.</returns>
    /// <exception cref="InvalidOperationException">The cluster is deployed already.</exception>
    public async Task DeployAsync()
    {
        if (Silos.Count > 0)
        {
            throw new InvalidOperationException("Cluster host already deployed.");
        }

        try
        {
            for (var i = 0; i < Options.InitialSilosCount; i++)
            {
                await StartAdditionalSiloAsync();
            }

            if (Options.InitializeClientOnDeploy)
            {
                await StartClientAsync();
            }
        }
        catch
        {
            await StopAllSilosAsync();
            throw;
        }
    }

    /// <summary>Starts a further silo.</summary>
    /// <returns>The silo.</returns>
    public Task<InProcessSiloHandle> StartAdditionalSiloAsync() => StartSiloAsync(Interlocked.Increment(ref _startedSilos) - 1);

    /// <summary>Stops a silo in order: its activations go, and their grains come up elsewhere at the next call.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that completes when the silo's host is disposed of.</returns>
    public Task StopSiloAsync(InProcessSiloHandle instance) => StopSiloAsync(instance, gracefully: true);

    /// <summary>Stops a silo as a crash would: no activation is told, calls under way fail, its host is stopped abruptly.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>A task that completes when the silo's host is disposed of.</returns>
    public Task KillSiloAsync(InProcessSiloHandle instance) => StopSiloAsync(instance, gracefully: false);

    /// <summary>Stops a silo in order, and starts one with its number and name.</summary>
    /// <param name="instance">The silo.</param>
    /// <returns>The new silo.</returns>
    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        await StopSiloAsync(instance);
        return await StartSiloAsync(instance.InstanceNumber);
    }

    /// <summary>Stops the client, then the silos, in order.</summary>
    /// <returns>A task that completes when all have stopped.</returns>
    public async Task StopAllSilosAsync()
    {
        if (_clientHost is { } host)
        {
            _clientHost = null;
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        foreach (var silo in Silos)
        {
            await StopSiloAsync(silo);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(StopAllSilosAsync);

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static HostApplicationBuilder NewHost(string name) => Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        ApplicationName = name,
        EnvironmentName = Environments.Development,
        DisableDefaults = true,
    });

    private async Task StopSiloAsync(InProcessSiloHandle instance, bool gracefully)
    {
        ArgumentNullException.ThrowIfNull(instance);
        try
        {
            await instance.StopSiloAsync(gracefully);
        }
        finally
        {
            await instance.DisposeAsync();
            lock (_silos)
            {
                _silos.Remove(instance);
            }
        }
    }

    private async Task<InProcessSiloHandle> StartSiloAsync(int number)
    {
        var options = new InProcessTestSiloSpecificOptions { SiloName = $"Silo_{number}", SiloPort = FirstPort + number };
        var builder = NewHost(options.SiloName);
        builder.Services.AddSingleton(_cluster);
        foreach (var configure in Options.SiloHostConfigurationDelegates)
        {
            configure(options, builder);
        }

        builder.UseOrleans(silo => silo.Services
            .Configure<ClusterOptions>(ConfigureCluster)
            .Configure<SiloIdentity>(identity => (identity.Name, identity.Port) = (options.SiloName, options.SiloPort)));
        var host = builder.Build();
        await Task.Run(() => host.StartAsync());
        var handle = new InProcessSiloHandle
        {
            InstanceNumber = (short)number,
            Name = options.SiloName,
            SiloHost = host,
            SiloAddress = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress,
        };
        lock (_silos)
        {
            _silos.Add(handle);
        }

        return handle;
    }

    private async Task StartClientAsync()
    {
        var builder = NewHost("TestClusterClient");
        builder.Services.AddSingleton(_cluster);
        foreach (var configure in Options.ClientHostConfigurationDelegates)
        {
            configure(builder);
        }

        builder.Services
            .Configure<ClusterOptions>(ConfigureCluster)
            .AddSingleton(ClusterClient.Make<ClientMessagingOptions>)
            .AddSingleton<IClusterClient>(services => services.GetRequiredService<ClusterClient>())
            .AddSingleton<IGrainFactory>(services => services.GetRequiredService<ClusterClient>())
            .AddHostedService(services => services.GetRequiredService<ClusterClient>());
        var host = builder.Build();
        await host.StartAsync();
        _clientHost = host;
    }

    private void ConfigureCluster(ClusterOptions options)
    {
        options.ClusterId = Options.ClusterId;
        options.ServiceId = Options.ServiceId;
    }
}
