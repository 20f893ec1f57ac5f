using AgentStream.Client;
using AgentStream.Grains;
using AgentStream.Models;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace AgentStream.Cli.Target;

/// <summary>The sessions of a Redis, on the embedded engine: this process is a silo beside the others. The file beside this one is the same for the Orleans engine.</summary>
internal static class ClusterTarget
{
    /// <summary>What <c>--redis</c> does.</summary>
    public const string Description =
        "Instead of a server: a peer of the silos on this Redis. To ask, it needs agents of its own (AgentStream__Agents__NAME__Model, ...), which run in this process.";

    private const string Agents = "AgentStream:Agents";

    /// <summary>Connects.</summary>
    /// <exception cref="InvalidInputException">Agents are to run and there are none.</exception>
    /// <exception cref="LogUnavailableException">Redis cannot be reached.</exception>
    public static Task<ITarget> OpenAsync(string redis, UserKey user, bool runsAgents, CancellationToken cancellationToken) =>
        HostedTarget.StartAsync(
            redis,
            user,
            builder =>
            {
                builder.UseOrleans(silo => silo.UseLocalhostClustering());
                var agents = builder.Services.AddAgentStream(builder.Configuration);
                builder.Services.AddAgentStreamClient();

                // Without agents a process takes over no runs of others. Who only looks must not have any.
                if (runsAgents)
                {
                    if (!builder.Configuration.GetSection(Agents).GetChildren().Any())
                    {
                        throw new InvalidInputException(
                            "--redis", "has no agents to ask here: configure one in the environment (AgentStream__Agents__assistant__Model=..., and ApiKey or Endpoint), or ask a silo's with --url");
                    }

                    agents.AddConfiguredAgents(builder.Configuration);
                }
            },
            cancellationToken);
}
