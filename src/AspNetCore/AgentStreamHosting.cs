using AgentStream.Client;
using AgentStream.Grains;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace AgentStream.AspNetCore;

/// <summary>Makes a program a silo that runs agents.</summary>
public static class AgentStreamHosting
{
    /// <summary>
    /// Adds everything: the engine, the event log, the grains, the client and the HTTP edge. Settings come from the section
    /// <c>AgentStream</c>, the Redis from <c>ConnectionStrings:redis</c>; without that, events stay in memory.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <param name="configureSilo">Sets up the silo, for a cluster of several; null for a silo that is its own cluster.</param>
    /// <returns>A builder that takes agents.</returns>
    public static AgentStreamBuilder AddAgentStream(this IHostApplicationBuilder builder, Action<ISiloBuilder>? configureSilo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseOrleans(configureSilo ?? (silo => silo.UseLocalhostClustering()));
        builder.Services.AddAgentStreamClient();
        builder.Services.AddAgentStreamHttp();
        return builder.Services.AddAgentStream(builder.Configuration);
    }
}
