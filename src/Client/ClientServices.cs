using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AgentStream.Client;

/// <summary>Registers the client.</summary>
public static class ClientServices
{
    /// <summary>Adds an <see cref="AgentStreamClient"/>, also as <see cref="IAgentStreamClient"/>. The grain factory, the event log and the hub must be registered too.</summary>
    /// <param name="services">The services to add to.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddAgentStreamClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<AgentStreamClient>();
        services.TryAddSingleton<IAgentStreamClient>(provider => provider.GetRequiredService<AgentStreamClient>());
        return services;
    }
}
