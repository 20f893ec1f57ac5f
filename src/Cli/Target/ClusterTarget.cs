using Microsoft.Extensions.Hosting;

namespace AgentStream.Cli.Target;

/// <summary>The sessions of a Redis: this process is a client of its cluster.</summary>
internal static class ClusterTarget
{
    /// <summary>What <c>--redis</c> does.</summary>
    public const string Description =
        "Instead of a server: a client of the cluster that has this Redis, through a silo's gateway (AgentStream:Cluster:GatewayPort). Where silos are not on loopback, name the cluster: "
        + "AgentStream__Cluster__ClusterId. Where they have certificates, so must this command: AgentStream__Cluster__Certificate.";

    /// <summary>Connects.</summary>
    /// <exception cref="StorageUnavailableException">Redis cannot be reached.</exception>
    public static Task<ITarget> OpenAsync(string redis, UserKey user, bool runsAgents, CancellationToken cancellationToken) =>
        HostedTarget.StartAsync(redis, user, builder => builder.AddAgentStreamClient(), cancellationToken);
}
