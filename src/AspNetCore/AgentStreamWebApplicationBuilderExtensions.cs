using AgentStream;
using AgentStream.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Makes a web application a silo that runs agents.</summary>
public static class AgentStreamWebApplicationBuilderExtensions
{
    /// <summary>
    /// Adds everything: what <see cref="AgentStreamHostApplicationBuilderExtensions.AddAgentStream"/> adds to any program, and the HTTP edge for
    /// <see cref="AgentStreamEndpointRouteBuilderExtensions.MapAgentStream"/>. The application's HTTP ports are bound before its silo joins the others.
    /// </summary>
    /// <param name="builder">The web application.</param>
    /// <param name="configureSilo">
    /// Sets up the silo's clustering yourself. When it is null, the section <c>AgentStream:Cluster</c> does: silos with the same Redis and
    /// the same prefix are one cluster; without a Redis a silo is its own cluster.
    /// </param>
    /// <returns>A builder that takes agents.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="OptionsValidationException">Settings of the cluster are wrong; the message names each of them.</exception>
    public static AgentStreamBuilder AddAgentStream(this WebApplicationBuilder builder, Action<ISiloBuilder>? configureSilo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddSingleton<HttpPorts>();
        builder.Services.AddSingleton<IPostConfigureOptions<SocketTransportOptions>>(services => services.GetRequiredService<HttpPorts>());
        builder.Services.AddAgentStreamHttp();
        var agents = ((IHostApplicationBuilder)builder).AddAgentStream(configureSilo);

        // The first of all that is made and starts, whatever the program has added before.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => services.GetRequiredService<HttpPorts>().Bind()));
        return agents;
    }
}
