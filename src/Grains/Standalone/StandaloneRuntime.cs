using AgentStream.Grains.Hosting;
using AgentStream.Grains.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream;

/// <summary>What runs need of their process, for a program without a host: the stream store, this process's lease, the settings. One for a process will do.</summary>
public sealed class StandaloneRuntime : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly RunEnvironment _environment;

    private StandaloneRuntime(IHost host) => (_host, _environment) = (host, host.Services.GetRequiredService<RunEnvironment>());

    /// <summary>Connects to the stream store.</summary>
    /// <param name="redis">The Redis to use, <c>host:port</c> or another connection string of its; null keeps events in memory.</param>
    /// <param name="configure">Changes settings.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The runtime; dispose it when the last run is over.</returns>
    /// <exception cref="StorageUnavailableException">Redis cannot be reached.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting breaks its rule.</exception>
    public static async Task<StandaloneRuntime> StartAsync(
        string? redis = null, Action<AgentStreamOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") });
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis;
        builder.Services.AddAgentStream(builder.Configuration);
        builder.Services.Configure(configure ?? (_ => { }));
        builder.Services.PostConfigure<AgentStreamOptions>(options => StayInMemory(options, redis));
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new StandaloneRuntime(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Makes an agent.</summary>
    /// <param name="name">Its name, for the journal and the logs.</param>
    /// <param name="configure">Says what the agent is: its model, instructions, tools.</param>
    /// <returns>The agent.</returns>
    public Agent NewAgent(string name, Action<AgentBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new AgentBuilder();
        configure(builder);
        return builder.Build(name, _host.Services);
    }

    /// <summary>A session's stream.</summary>
    /// <param name="key">The session.</param>
    /// <returns>The stream; for any number of listeners, and for one run.</returns>
    public Deps NewDeps(SessionKey key) => new(_environment, key);

    /// <summary>Brings what runs to its end and disconnects.</summary>
    /// <returns>A task that completes when that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A program without actors says by itself where its sessions are kept (<see cref="StandaloneSession"/>); it gets no file that it did not ask for.</summary>
    private static void StayInMemory(AgentStreamOptions options, string? redis)
    {
        if (string.IsNullOrEmpty(options.Journal) && string.IsNullOrEmpty(options.JournalPath) && string.IsNullOrEmpty(redis))
        {
            options.Journal = "memory";
        }
    }
}
