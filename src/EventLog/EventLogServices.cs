using AgentStream.EventLog.InMemory;
using AgentStream.EventLog.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace AgentStream.EventLog;

/// <summary>Registers the event log and what works on it.</summary>
public static class EventLogServices
{
    /// <summary>
    /// Registers <see cref="IEventLog"/>, <see cref="EventHub"/>, <see cref="SiloIdentity"/>, <see cref="OwnedRuns"/>, and the service that keeps the lease.
    /// With Redis also <see cref="RedisConnection"/>, which others may use; it is opened before any hosted service starts, and what runs need of Redis is done once. The start
    /// fails with a <see cref="LogUnavailableException"/> if Redis is away, and with an <see cref="OptionsValidationException"/> if it will not do.
    /// Settings are <see cref="AgentStreamOptions"/> by the options pattern; the clock is the registered <see cref="TimeProvider"/>, or the system's.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="redisConfiguration">The Redis to use: a connection string, as <see cref="RedisConnectionString"/> reads it; null or empty for a log in memory.</param>
    /// <returns>The services.</returns>
    /// <exception cref="OptionsValidationException">It is no connection string of a Redis.</exception>
    public static IServiceCollection AddEventLog(this IServiceCollection services, string? redisConfiguration)
    {
        services.AddEventLogForClients(redisConfiguration);
        services.TryAddSingleton<SiloIdentity>();
        services.TryAddSingleton<OwnedRuns>();
        services.AddHostedService<SiloLease>();
        if (!string.IsNullOrEmpty(redisConfiguration))
        {
            services.TryAddSingleton<RedisCheck>();
        }

        return services;
    }

    /// <summary>Registers <see cref="IEventLog"/> and <see cref="EventHub"/> as <see cref="AddEventLog"/> does, for a program that follows and cancels runs and has none of its own.</summary>
    /// <param name="services">The services.</param>
    /// <param name="redisConfiguration">The Redis to use: a connection string, as <see cref="RedisConnectionString"/> reads it; null or empty for a log in memory.</param>
    /// <returns>The services.</returns>
    /// <exception cref="OptionsValidationException">It is no connection string of a Redis.</exception>
    public static IServiceCollection AddEventLogForClients(this IServiceCollection services, string? redisConfiguration)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AgentStreamOptions>();
        services.TryAddSingleton(TimeProvider.System);
        if (string.IsNullOrEmpty(redisConfiguration))
        {
            services.TryAddSingleton<IEventLog, InMemoryEventLog>();
        }
        else
        {
            // Read here once, so that a wrong one is found before anything starts.
            RedisConnectionString.Parse(redisConfiguration);
            services.TryAddSingleton(provider => new RedisConnection(
                redisConfiguration, provider.GetRequiredService<IOptions<AgentStreamOptions>>(), provider.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<IEventLog, RedisEventLog>();
            services.AddHostedService<RedisOpening>();
        }

        services.TryAddSingleton<EventHub>();
        return services;
    }
}
