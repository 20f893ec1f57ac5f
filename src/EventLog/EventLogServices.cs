using AgentStream.EventLog.InMemory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AgentStream.EventLog;

/// <summary>Registers the event log and what works on it.</summary>
public static class EventLogServices
{
    /// <summary>
    /// Registers <see cref="IEventLog"/>, <see cref="EventHub"/>, <see cref="SiloIdentity"/>, <see cref="OwnedRuns"/>, and the service that keeps the lease.
    /// Settings are <see cref="AgentStreamOptions"/> by the options pattern; the clock is the registered <see cref="TimeProvider"/>, or the system's.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="redisConfiguration">The Redis to use, as StackExchange.Redis writes it (<c>host:port,password=...</c>); null or empty for a log in memory.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddEventLog(this IServiceCollection services, string? redisConfiguration)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AgentStreamOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEventLog, InMemoryEventLog>();
        services.TryAddSingleton<SiloIdentity>();
        services.TryAddSingleton<OwnedRuns>();
        services.TryAddSingleton<EventHub>();
        services.AddHostedService<SiloLease>();
        return services;
    }
}
