using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Embedded.Calls;
using Orleans.Embedded.Hosting;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>What one host adds to the cluster: a place for activations, with the host's services.</summary>
internal sealed class Silo : ILocalSiloDetails, IHostedService, IDisposable
{
    private readonly ClusterOptions _clusterOptions;
    private int _activationCount;
    private ITimer? _collector;

    public Silo(
        LocalCluster cluster,
        ClusterClient client,
        IServiceProvider services,
        IOptions<SiloIdentity> identity,
        IOptions<ClusterOptions> clusterOptions,
        IOptions<GrainCollectionOptions> collection,
        ILogger<Silo> logger)
    {
        Cluster = cluster;
        Client = client;
        Services = services;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Name = identity.Value.Name;
        SiloAddress = SiloAddress.ForNewSilo(identity.Value.Port);
        Collection = collection.Value;
        Logger = logger;
        _clusterOptions = clusterOptions.Value;
    }

    public string Name { get; }

    public string ClusterId => _clusterOptions.ClusterId;

    public SiloAddress SiloAddress { get; }

    public LocalCluster Cluster { get; }

    public ClusterClient Client { get; }

    public Caller Caller => Client.Caller;

    public IServiceProvider Services { get; }

    public TimeProvider Time { get; }

    public GrainCollectionOptions Collection { get; }

    public ILogger Logger { get; }

    public int ActivationCount => Volatile.Read(ref _activationCount);

    public void CountActivation(int change) => Interlocked.Add(ref _activationCount, change);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Caller.Open();
        Cluster.Join(this);
        var quantum = Collection.CollectionQuantum;
        _collector = Time.CreateTimer(static silo => ((Silo)silo!).Collect(), this, quantum, quantum);
        return Task.CompletedTask;
    }

    /// <summary>Lets every activation go in order; those that have not gone when the token is canceled are killed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        Cluster.Leave(this);
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo is shutting down.");
        while (!cancellationToken.IsCancellationRequested && Cluster.ActivationsOn(this).ToArray() is { Length: > 0 } activations)
        {
            foreach (var activation in activations)
            {
                activation.Deactivate(reason, cancellationToken);
            }

            await Task.WhenAll(activations.Select(activation => activation.WhenGone())).WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var activation in Cluster.ActivationsOn(this))
        {
            activation.Kill();
        }

        Caller.Close();
    }

    public void Dispose() => _collector?.Dispose();

    private void Collect()
    {
        foreach (var activation in Cluster.ActivationsOn(this))
        {
            activation.LeaveIfUnused();
        }
    }
}
