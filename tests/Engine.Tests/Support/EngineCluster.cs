using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Streams;
using Orleans.TestingHost;

namespace AgentStream.Engine.Tests.Support;

/// <summary>A test cluster with the signals of its grains.</summary>
public sealed class EngineCluster : IAsyncDisposable
{
    private EngineCluster(InProcessTestCluster cluster, Signals signals)
    {
        Cluster = cluster;
        Signals = signals;
    }

    public InProcessTestCluster Cluster { get; }

    public Signals Signals { get; }

    public static async Task<EngineCluster> StartAsync(
        short silos = 1, TimeSpan? responseTimeout = null, Action<IServiceCollection>? configureSilo = null, string? streams = null)
    {
        var signals = new Signals();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureHost(host => host.Services.AddSingleton(signals));
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddScoped<Notebook>();
            if (responseTimeout is { } timeout)
            {
                silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = timeout);
            }

            configureSilo?.Invoke(silo.Services);
            if (streams is not null)
            {
                silo.AddMemoryStreams(streams, provider => provider.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
            }
        });
        builder.ConfigureClient(client =>
        {
            if (responseTimeout is { } timeout)
            {
                client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = timeout);
            }
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new EngineCluster(cluster, signals);
    }

    /// <summary>A grain that no other test uses.</summary>
    public T NewGrain<T>(string prefix = "")
        where T : IGrainWithStringKey =>
        Cluster.Client.GetGrain<T>(prefix + Guid.NewGuid().ToString("N"));

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
}

/// <summary>The cluster of the tests that need nothing special: two silos.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private EngineCluster? _cluster;

    public EngineCluster Value => _cluster!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(silos: 2);

    public async Task DisposeAsync() => await Value.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class SharedClusterTests : ICollectionFixture<SharedCluster>
{
    public const string Name = "Shared cluster";
}
