using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tailing;
using AgentStream.Storage.Timers;
using AgentStream.Storage.Usage;
using AgentStream.Storage.Webhooks;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Redis;

/// <summary>Chooses the stores: Redis where there is one; otherwise memory for streams, and SQLite for journals, prompt queues and timers.</summary>
public static class StorageServices
{
    /// <summary>
    /// Registers <see cref="IStreamStore"/>, <see cref="ISessionJournal"/>, <see cref="IPromptQueue"/>, <see cref="ISessionTimers"/>, <see cref="IWebhookOutbox"/> and <see cref="IUsageStore"/>, each unless it is registered, and what
    /// works on them: <see cref="StreamHub"/>, <see cref="SiloIdentity"/>, <see cref="RunRegistry"/>, and the service that keeps the lease. Data Protection's keys are kept in the same place, unless the
    /// program says where. The Redis is <c>ConnectionStrings:redis</c>; it is opened before any hosted
    /// service starts. The start fails with a <see cref="StorageUnavailableException"/> if Redis is away, and with an <see cref="OptionsValidationException"/> if it will not do.
    /// Settings are <see cref="StorageOptions"/> by the options pattern; the clock is the registered <see cref="TimeProvider"/>, or the system's.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The program's configuration.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OptionsValidationException">The connection string names no Redis, or <c>AgentStream:DataProtection</c> names no certificate that protects keys.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var redis = configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName);
        services.AddStreamStore(configuration);
        services.AddOwnership();
        if (!string.IsNullOrEmpty(redis))
        {
            services.TryAddSingleton<RedisCheck>();
        }

        services.TryAddSingleton(provider =>
            new AtRestProtection(provider.GetRequiredService<IDataProtectionProvider>, provider.GetRequiredService<IOptions<StorageOptions>>().Value.EncryptAtRest));
        services.AddJournal(configuration);
        services.AddHostedService<AtRestCheck>();
        services.TryAddSingleton(ChooseQueue);
        services.TryAddSingleton(ChooseTimers);
        services.TryAddSingleton(ChooseUsage);
        services.TryAddSingleton(ChooseOutbox);
        return services;
    }

    /// <summary>Registers <see cref="IStreamStore"/>, <see cref="ISessionEvents"/> and <see cref="StreamHub"/> as <see cref="AddStorage"/> does, for a program that follows and cancels runs and has none of its own.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The program's configuration. Without <c>ConnectionStrings:redis</c>, streams are in memory.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OptionsValidationException">As for <see cref="AddStorage"/>.</exception>
    public static IServiceCollection AddStreamStore(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var redisConfiguration = configuration.GetConnectionString(AgentStreamOptions.RedisConnectionName);
        var section = configuration.GetSection(AgentStreamOptions.Section);
        services.AddOptions<StorageOptions>().Configure(options => section.WithDurations<StorageOptions>().Bind(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddHostedService<ListenerMetrics>();
        if (string.IsNullOrEmpty(redisConfiguration))
        {
            services.TryAddSingleton<IStreamStore, InMemoryStreamStore>();
            services.TryAddSingleton<ISessionEvents, InMemorySessionEvents>();
        }
        else
        {
            // Read here once, so that a wrong one is found before anything starts.
            RedisConnectionString.Parse(redisConfiguration);
            services.TryAddSingleton(provider => new RedisConnection(
                redisConfiguration, provider.GetRequiredService<IOptions<StorageOptions>>(), provider.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<IStreamStore, RedisStreamStore>();
            services.TryAddSingleton<ISessionEvents, RedisSessionEvents>();
            if (!services.Any(service => service.ImplementationType == typeof(RedisOpening)))
            {
                // The first that is made.
                services.Insert(0, ServiceDescriptor.Singleton<IHostedService, RedisOpening>());
            }
        }

        services.TryAddSingleton<IStreamReader>(provider => provider.GetRequiredService<IStreamStore>());
        services.TryAddSingleton<StreamHub>();
        return KeyRing.Add(services, configuration);
    }

    /// <summary>A prompt queue that lasts as long as the journal, where that is ours.</summary>
    private static IPromptQueue ChooseQueue(IServiceProvider services) =>
        services.GetRequiredService<ISessionJournal>() is SqliteJournal journal ? new SqlitePromptQueue(journal.Database, services.GetRequiredService<AtRestProtection>())
            : services.GetService<RedisConnection>() is { } redis ? ActivatorUtilities.CreateInstance<RedisPromptQueue>(services, redis)
            : new InMemoryPromptQueue();

    /// <summary>Timers that last as long as the journal, where that is ours.</summary>
    private static ISessionTimers ChooseTimers(IServiceProvider services) => services.GetRequiredService<ISessionJournal>() switch
    {
        SqliteJournal journal => new SqliteSessionTimers(journal.Database),
        InMemoryJournal => new InMemorySessionTimers(),
        _ when services.GetService<RedisConnection>() is { } redis => ActivatorUtilities.CreateInstance<RedisSessionTimers>(services, redis),
        _ => new InMemorySessionTimers(),
    };

    /// <summary>An outbox that lasts as long as the journal, where that is ours.</summary>
    private static IWebhookOutbox ChooseOutbox(IServiceProvider services) => services.GetRequiredService<ISessionJournal>() switch
    {
        SqliteJournal journal => new SqliteWebhookOutbox(journal.Database),
        InMemoryJournal => new InMemoryWebhookOutbox(),
        _ when services.GetService<RedisConnection>() is { } redis => ActivatorUtilities.CreateInstance<RedisWebhookOutbox>(services, redis),
        _ => new InMemoryWebhookOutbox(),
    };

    /// <summary>Counts for all silos, or that last as long as the journal, where that is ours.</summary>
    private static IUsageStore ChooseUsage(IServiceProvider services) =>
        services.GetService<RedisConnection>() is { } redis ? ActivatorUtilities.CreateInstance<RedisUsageStore>(services, redis)
            : services.GetRequiredService<ISessionJournal>() is SqliteJournal journal ? new SqliteUsageStore(journal.Database)
            : new InMemoryUsageStore();
}
