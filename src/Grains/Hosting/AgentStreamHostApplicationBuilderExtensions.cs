using AgentStream;
using AgentStream.Grains.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Makes a program a silo that runs agents.</summary>
public static class AgentStreamHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds an Orleans silo with AgentStream's grains and stores, and an <see cref="IAgentStreamClient"/>. Settings come from the section
    /// <c>AgentStream</c>, the Redis from <c>ConnectionStrings:redis</c>; without that, streams stay in memory.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <param name="configureSilo">
    /// Sets up the silo's clustering yourself. When it is null, the section <c>AgentStream:Cluster</c> does: silos with the same Redis and
    /// the same prefix are one cluster; without a Redis a silo is its own cluster. Other programs reach it only where <c>AgentStream:Cluster:GatewayPort</c> is set.
    /// </param>
    /// <returns>A builder that takes agents.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="OptionsValidationException">Settings of the cluster are wrong; the message names each of them.</exception>
    public static AgentStreamBuilder AddAgentStream(this IHostApplicationBuilder builder, Action<ISiloBuilder>? configureSilo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>, QuietLogs>();
        builder.UseOrleans(silo =>
        {
            (configureSilo ?? UseCluster)(silo);
            silo.AddIncomingGrainCallFilter<ClientCallFilter>();

            // The trace of a request leads into the run.
            silo.AddActivityPropagation();
            if (builder.Configuration.GetValue<bool>($"{AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MirrorToStreams)}"))
            {
                silo.AddSessionStreams();
            }
        });
        builder.Services.AddAgentStreamClientCore();
        return builder.Services.AddAgentStream(builder.Configuration);

        void UseCluster(ISiloBuilder silo) => SiloClustering.Use(
            silo, ClusterSettings.Read(builder.Configuration, isSilo: true), builder.Configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName));
    }
}
