using AgentStream.Grains.Agents;
using AgentStream.Grains.Approvals;
using AgentStream.Grains.Expiry;
using AgentStream.Grains.Limits;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Sessions;
using AgentStream.Grains.Streams;
using AgentStream.Grains.Telemetry;
using AgentStream.Grains.Webhooks;
using AgentStream.Storage.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Hosting;

/// <summary>Adds what a silo needs to run agents.</summary>
internal static class RuntimeServices
{
    /// <summary>Adds the stores and what the grains need; Orleans itself is left to the caller. A store that is registered before is the one that is used.</summary>
    public static AgentStreamBuilder AddAgentStream(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);

        var section = configuration.GetSection(AgentStreamOptions.Section);
        services.AddOptions<AgentStreamOptions>().Configure(options => section.WithDurations<AgentStreamOptions>().Bind(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AgentStreamOptions>, AgentStreamOptionsValidator>());
        services.AddStorage(configuration);
        services.TryAddSingleton<ToolProviders>();
        services.TryAddSingleton<AgentCatalog>();
        services.TryAddSingleton<Admission>();
        services.AddHostedService<AgentCheck>();
        services.AddHostedService<TimersCheck>();
        services.AddMetrics();
        services.TryAddSingleton<RunMetrics>();
        services.TryAddSingleton<RunEnvironment>();
        services.TryAddSingleton<UsageMeter>();
        services.TryAddSingleton<RequestTimers>();
        services.TryAddSingleton<RunFactory>();
        services.TryAddSingleton<SessionStreamPublisher>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRunObserver, SessionStreamPublisher>(provider => provider.GetRequiredService<SessionStreamPublisher>()));
        services.TryAddSingleton<RunHost>();

        // Services stop in the reverse order: the mirror behind the runs, so that it sees their ends.
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<SessionStreamPublisher>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RunHost>());
        services.TryAddSingleton<DeferredRuns>();
        services.TryAddSingleton<RunRecovery>();
        services.TryAddSingleton<LocalRecovery>();

        // A program without actors has no grains.
        services.TryAddSingleton<IRecovery>(provider => provider.GetService<IGrainFactory>() is { } grains
            ? new GrainRecovery(grains, provider.GetRequiredService<RunRecovery>(), provider.GetRequiredService<LocalRecovery>(), provider.GetRequiredService<TimeProvider>())
            : provider.GetRequiredService<LocalRecovery>());
        services.AddHostedService<OrphanWatch>();
        services.TryAddSingleton<BusySessionPolicy>();
        services.TryAddSingleton<SessionAnswers>();
        services.TryAddSingleton<TitleWriter>();
        services.TryAddSingleton<Steering>();
        services.TryAddSingleton<QueuedRuns>();
        services.TryAddSingleton<ISessionWaker, QueueWaker>();
        services.AddHostedService<PromptQueueService>();
        services.AddHostedService<ExpiryWatch>();
        services.AddWebhooks(configuration);
        services.AddOptions<HostOptions>().Configure<IOptions<AgentStreamOptions>>(LetRunsLeave);
        return new AgentStreamBuilder(services);
    }

    /// <summary>A host gives up on a stop that takes too long, after 30 s by default: the time that runs have must fit in, and leave some for the rest of the program.</summary>
    private static void LetRunsLeave(HostOptions host, IOptions<AgentStreamOptions> options)
    {
        var needed = options.Value.DrainTimeout + TimeSpan.FromSeconds(20);
        host.ShutdownTimeout = host.ShutdownTimeout < needed ? needed : host.ShutdownTimeout;
    }
}
