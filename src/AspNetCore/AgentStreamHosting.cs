using AgentStream.Client;
using AgentStream.Grains;
using AgentStream.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace AgentStream.AspNetCore;

/// <summary>Makes a program a silo that runs agents.</summary>
public static class AgentStreamHosting
{
    // Orleans' own defaults. The embedded engine has no ports.
    private const int DefaultSiloPort = 11111;
    private const int DefaultGatewayPort = 30000;

    /// <summary>
    /// Adds everything: the engine, the event log, the grains, the client and the HTTP edge. Settings come from the section
    /// <c>AgentStream</c>, the Redis from <c>ConnectionStrings:redis</c>; without that, events stay in memory. Agents from the configuration
    /// (<see cref="ConfiguredAgents.AddConfiguredAgents"/>) come before those that are added here, so the first of them answers prompts that name none.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <param name="configureSilo">
    /// Sets up the silo, for a cluster of several; null for a silo that is its own cluster. On the Orleans engine that one listens, on loopback, on the
    /// ports <c>AgentStream:SiloPort</c> (11111) and <c>AgentStream:GatewayPort</c> (30000).
    /// </param>
    /// <returns>A builder that takes agents.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The settings of an agent are missing or wrong; the message names each of them.</exception>
    public static AgentStreamBuilder AddAgentStream(this IHostApplicationBuilder builder, Action<ISiloBuilder>? configureSilo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseOrleans(silo =>
        {
            (configureSilo ?? ClusterOfOne)(silo);
            if (builder.Configuration.GetValue<bool>($"{AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MirrorToStreams)}"))
            {
                silo.AddSessionStreams();
            }
        });
        builder.Services.AddAgentStreamClient();
        builder.Services.AddAgentStreamHttp();
        return builder.Services.AddAgentStream(builder.Configuration).AddConfiguredAgents(builder.Configuration);

        void ClusterOfOne(ISiloBuilder silo) => silo.UseLocalhostClustering(
            builder.Configuration.GetValue($"{AgentStreamOptions.Section}:SiloPort", DefaultSiloPort),
            builder.Configuration.GetValue($"{AgentStreamOptions.Section}:GatewayPort", DefaultGatewayPort));
    }
}
