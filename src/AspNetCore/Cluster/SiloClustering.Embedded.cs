using AgentStream.Client.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;

namespace AgentStream.AspNetCore.Cluster;

/// <summary>
/// How a silo finds others, on the embedded engine: it does not. Several processes on one Redis share the sessions through the event log.
/// The file beside this one is the same for the Orleans engine.
/// </summary>
internal static class SiloClustering
{
    /// <summary>Sets the silo up.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">Its cluster; here they are names and nothing more.</param>
    /// <param name="redis">Not used.</param>
    public static void Use(ISiloBuilder silo, ClusterSettings settings, string? redis)
    {
        silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort);
        silo.Services.AddOptions<ClusterOptions>().Configure<IOptions<AgentStreamOptions>>((cluster, options) =>
        {
            cluster.ServiceId = settings.ServiceIdOf(options.Value.RedisPrefix);
            cluster.ClusterId = settings.ClusterIdOf(options.Value.RedisPrefix);
        });
    }
}
