using AgentStream;
using AgentStream.AspNetCore.Health;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>AgentStream's health checks.</summary>
public static class AgentStreamHealthChecksBuilderExtensions
{
    /// <summary>The tag of checks that say whether the process has to be started again.</summary>
    internal const string Live = "live";

    /// <summary>The tag of checks that say whether the process can serve.</summary>
    internal const string Ready = "ready";

    // The session that the stores are asked for. Whether there is one does not matter.
    private static readonly SessionKey Probe = new("health", "health", "health");

    /// <summary>
    /// Adds checks with the tag <c>live</c> (<c>services</c>: none that the process needs has ended) and <c>ready</c> (<c>cluster</c>: the silo has joined; <c>lease</c>: the stream store took the last
    /// renewal of the process's lease; <c>streams</c> and <c>journal</c>: the stores answer). A program that is no silo has no cluster and no lease, and what it does not use counts as healthy. Map them with
    /// <see cref="Microsoft.AspNetCore.Builder.AgentStreamHealthEndpointRouteBuilderExtensions.MapAgentStreamHealth"/>; checks of the program's own with these tags count as well.
    /// </summary>
    /// <remarks>
    /// An order to stop by SIGTERM or Ctrl-C is followed by <see cref="AgentStreamHealthOptions.DrainDelay"/>, unless the program has an <see cref="IHostLifetime"/> other than .NET's console lifetime.
    /// </remarks>
    /// <param name="builder">The program's health checks.</param>
    /// <returns>The program's health checks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthChecksBuilder AddAgentStreamHealthChecks(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(HealthProbes)))
        {
            return builder;
        }

        services.AddOptions<AgentStreamHealthOptions>()
            .Configure<IConfiguration>((options, configuration) => configuration.GetSection(AgentStreamHealthOptions.Section).WithDurations<AgentStreamHealthOptions>().Bind(options))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentStreamHealthOptions>, AgentStreamHealthOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<HealthProbes>();
        services.AddSingleton<ServicesCheck>();
        services.AddSingleton<Drain>();
        if (services.LastOrDefault(service => service.ServiceType == typeof(IHostLifetime))?.ImplementationType == typeof(ConsoleLifetime))
        {
            services.AddSingleton<IHostLifetime>(NewLifetime);
        }

        // The default logs each check that fails, with each probe. Here a change is logged.
        services.Configure<LoggerFilterOptions>(filters => filters.Rules.Insert(0, new LoggerFilterRule(null, "Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None, null)));

        Add(builder, "services", Live, provider => provider.GetRequiredService<ServicesCheck>());
        Add(builder, "cluster", Ready, provider => new ClusterCheck(provider));
        Add(builder, "lease", Ready, provider => new LeaseCheck(provider));
        AddStore<IStreamStore>(builder, "streams", (store, token) => store.IsLiveAsync(Probe, token));
        AddStore<ISessionJournal>(builder, "journal", (journal, token) => journal.ReadAsync(Probe, 0, token).AsTask());
        return builder;
    }

    private static void AddStore<TStore>(IHealthChecksBuilder builder, string name, Func<TStore, CancellationToken, Task> read)
        where TStore : class
    {
        // One for all probes: it knows what is still on its way.
        builder.Services.AddKeyedSingleton(name, (provider, _) =>
            ActivatorUtilities.CreateInstance<StoreCheck>(provider, name, Read(provider.GetService<TStore>())));
        Add(builder, name, Ready, provider => provider.GetRequiredKeyedService<StoreCheck>(name));

        Func<CancellationToken, Task> Read(TStore? store) => store is null ? _ => Task.CompletedTask : token => read(store, token);
    }

    private static void Add(IHealthChecksBuilder builder, string name, string tag, Func<IServiceProvider, IHealthCheck> check) =>
        builder.Add(new HealthCheckRegistration(name, check, HealthStatus.Unhealthy, [tag]));

    private static ConsoleLifetime NewLifetime(IServiceProvider services) => new(
        services.GetRequiredService<IOptions<ConsoleLifetimeOptions>>(),
        services.GetRequiredService<IHostEnvironment>(),
        services.GetRequiredService<Drain>(),
        services.GetRequiredService<IOptions<HostOptions>>(),
        services.GetRequiredService<ILoggerFactory>());
}
