using AgentStream.AspNetCore.Cluster;
using AgentStream.AspNetCore.Hosting;
using AgentStream.Client;
using AgentStream.Client.Cluster;
using AgentStream.Grains;
using AgentStream.Models;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore;

/// <summary>Makes a program a silo that runs agents.</summary>
public static class AgentStreamHosting
{
    /// <summary>
    /// Adds everything: an Orleans silo, the event log, the grains, the client and the HTTP edge. Settings come from the section
    /// <c>AgentStream</c>, the Redis from <c>ConnectionStrings:redis</c>; without that, events stay in memory. Agents from the configuration
    /// (<see cref="ConfiguredAgents.AddConfiguredAgents"/>) come before those that are added here, so the first of them answers prompts that name none.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <param name="configureSilo">
    /// Sets up the silo's clustering yourself. When it is null, the section <c>AgentStream:Cluster</c> does: silos with the same Redis and
    /// the same prefix are one cluster; without a Redis a silo is its own cluster.
    /// </param>
    /// <returns>A builder that takes agents.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The settings of an agent or of the cluster are missing or wrong; the message names each of them.</exception>
    public static AgentStreamBuilder AddAgentStream(this IHostApplicationBuilder builder, Action<ISiloBuilder>? configureSilo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>, QuietLogs>();

        // The first of all that starts.
        builder.Services.AddSingleton<HttpPorts>();
        builder.Services.AddSingleton<IPostConfigureOptions<SocketTransportOptions>>(services => services.GetRequiredService<HttpPorts>());
        builder.Services.AddHostedService(services => services.GetRequiredService<HttpPorts>().Bind());

        builder.UseOrleans(silo =>
        {
            (configureSilo ?? UseCluster)(silo);
            if (builder.Configuration.GetValue<bool>($"{AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MirrorToStreams)}"))
            {
                silo.AddSessionStreams();
            }
        });
        builder.Services.AddAgentStreamClient();
        builder.Services.AddAgentStreamHttp();
        return builder.Services.AddAgentStream(builder.Configuration).AddConfiguredAgents(builder.Configuration);

        void UseCluster(ISiloBuilder silo) => SiloClustering.Use(
            silo, ClusterSettings.Read(builder.Configuration), builder.Configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName));
    }
}
