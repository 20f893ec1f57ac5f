using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Embedded.Hosting;

namespace Orleans.Hosting;

/// <summary>Configures how a silo finds others.</summary>
public static class CoreHostingExtensions
{
    /// <summary>Makes a cluster on this machine: in the embedded engine, in this process.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="siloPort">The port in the silo's address. Nothing listens there.</param>
    /// <param name="gatewayPort">Not used.</param>
    /// <param name="primarySiloEndpoint">Not used.</param>
    /// <param name="serviceId">The service's id.</param>
    /// <param name="clusterId">The cluster's id.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder UseLocalhostClustering(
        this ISiloBuilder builder,
        int siloPort = 11111,
        int gatewayPort = 30000,
        IPEndPoint? primarySiloEndpoint = null,
        string serviceId = "dev",
        string clusterId = "dev")
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<SiloIdentity>(identity => identity.Port = siloPort);
        builder.Services.Configure<ClusterOptions>(options =>
        {
            options.ServiceId = serviceId;
            options.ClusterId = clusterId;
        });
        return builder;
    }
}
