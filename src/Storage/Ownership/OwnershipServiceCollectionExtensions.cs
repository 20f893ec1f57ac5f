using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AgentStream.Storage.Ownership;

/// <summary>Registers what keeps a process's hold on its runs.</summary>
public static class OwnershipServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="SiloIdentity"/>, <see cref="RunRegistry"/>, and a hosted service that keeps the process's lease in the registered <see cref="IStreamStore"/>
    /// (<see cref="StorageOptions.Lease"/>), tells its runs when they are canceled or lost, and gives the lease up when the process stops.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddOwnership(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<SiloIdentity>();
        services.TryAddSingleton<RunRegistry>();
        services.AddHostedService<OwnershipService>();
        return services;
    }
}
