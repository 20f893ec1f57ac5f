using AgentStream.Grains.Hosting;
using AgentStream.Grains.Output;
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
    /// <param name="configure">Changes settings of runs.</param>
    /// <param name="configureStorage">Changes settings of the stores.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The runtime; dispose it when the last run is over.</returns>
    /// <exception cref="StorageUnavailableException">Redis cannot be reached.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting breaks its rule.</exception>
    public static async Task<StandaloneRuntime> StartAsync(
        string? redis = null, Action<AgentStreamOptions>? configure = null, Action<StorageOptions>? configureStorage = null, CancellationToken cancellationToken = default)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") });
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis;
        builder.Services.AddAgentStream(builder.Configuration);
        builder.Services.Configure(configure ?? (_ => { }));
        builder.Services.Configure(configureStorage ?? (_ => { }));
        builder.Services.PostConfigure<StorageOptions>(options => StayInMemory(options, redis));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
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

    /// <summary>
    /// Runs a prompt to its end: claims the session, streams the run's events, keeps the history, and writes <c>end</c>, whatever happens.
    /// What went wrong is in the stream as an <c>error</c>, and is thrown here.
    /// </summary>
    /// <param name="session">The session's history and where it is kept.</param>
    /// <param name="agent">The agent, from <see cref="NewAgent"/>.</param>
    /// <param name="prompt">What the user says; not empty, at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</param>
    /// <param name="deps">The session's stream, from <see cref="NewDeps"/>; one for each run.</param>
    /// <param name="cancellationToken">Cancels the run, as <see cref="Deps.CancelAsync"/> does.</param>
    /// <returns>A task that completes when the stream has its <c>end</c>.</returns>
    /// <exception cref="InvalidInputException">The prompt breaks its rule; nothing was changed.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way; nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    /// <exception cref="RunCanceledException">The run was canceled.</exception>
    /// <exception cref="RunPausedException">A call waits for somebody. Answers need a silo; here, the session's next prompt declines it.</exception>
    /// <exception cref="Exception">What the model, or the session's store, threw.</exception>
    public Task RunAsync(StandaloneSession session, Agent agent, string prompt, Deps deps, CancellationToken cancellationToken = default) =>
        RunAsync(_environment, session, agent, prompt, deps, cancellationToken);

    internal static async Task RunAsync(
        RunEnvironment environment, StandaloneSession session, Agent agent, string prompt, Deps deps, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(deps);
        RunRequestRules.ThrowIfInvalidPrompt(prompt);
        cancellationToken.ThrowIfCancellationRequested();

        await deps.StartAsync();
        var run = new RunFactory(environment, session.Journal).NewRun(agent, session.State, deps.Run);
        await run.AcceptAsync(prompt);
        await using var registration = cancellationToken.Register(() => _ = deps.CancelAsync(CancellationToken.None));
        var result = await run.ExecuteAsync();
        if (result.Ending == RunEnding.Canceled)
        {
            throw new RunCanceledException(deps.Key.ToString());
        }

        if (result.Ending == RunEnding.Paused)
        {
            throw new RunPausedException(deps.Key.ToString(), result.Requests);
        }

        if (result.Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Brings what runs to its end and disconnects.</summary>
    /// <returns>A task that completes when that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A program without actors says by itself where its sessions are kept (<see cref="StandaloneSession"/>); it gets no file that it did not ask for.</summary>
    private static void StayInMemory(StorageOptions options, string? redis)
    {
        if (string.IsNullOrEmpty(options.Journal) && string.IsNullOrEmpty(options.JournalPath) && string.IsNullOrEmpty(redis))
        {
            options.Journal = "memory";
        }
    }

    /// <summary>Leaves Ctrl+C and SIGTERM to the program, whose signals they are. The host's own lifetime swallows both, and nobody waits for it here.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
