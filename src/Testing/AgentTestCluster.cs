using AgentStream.Storage;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace AgentStream.Testing;

/// <summary>A cluster with agents in the process of a test. It keeps all in memory unless <see cref="AgentTestClusterOptions.Redis"/> is set, and opens no port.</summary>
public sealed class AgentTestCluster : IAsyncDisposable
{
    private readonly AgentTestClusterOptions _options;

    private AgentTestCluster(InProcessTestCluster cluster, AgentTestClusterOptions options, string prefix)
    {
        (Cluster, _options, RedisPrefix) = (cluster, options, prefix);
        Services = cluster.GetSiloServiceProvider();
        Client = new AgentStreamClient(
            cluster.Client,
            Services.GetRequiredService<IStreamStore>(),
            Services.GetRequiredService<StreamHub>(),
            Services.GetRequiredService<ISessionEvents>(),
            Services.GetService<TimeProvider>());
    }

    /// <summary>Gets the client of the cluster.</summary>
    public AgentStreamClient Client { get; }

    /// <summary>Gets the services of the first silo.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Gets the cluster itself, to stop and start silos.</summary>
    public InProcessTestCluster Cluster { get; }

    /// <summary>Gets what the keys of this cluster start with.</summary>
    public string RedisPrefix { get; }

    /// <summary>Starts a cluster, and returns when it takes prompts.</summary>
    /// <param name="agents">Adds the agents, as after <c>builder.AddAgentStream()</c>.</param>
    /// <param name="services">Adds the services that tools take, and settings: <c>services.Configure&lt;AgentStreamOptions&gt;(...)</c>. Null for none. It is called for each silo.</param>
    /// <param name="options">How the cluster is set up; null for one silo that keeps all in memory.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    /// <exception cref="InvalidOperationException">An agent cannot be used; the message says why.</exception>
    public static async Task<AgentTestCluster> StartAsync(Action<AgentStreamBuilder> agents, Action<IServiceCollection>? services = null, AgentTestClusterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(agents);
        options ??= new AgentTestClusterOptions();
        Check(options);
        var prefix = options.RedisPrefix ?? $"test-{Guid.NewGuid():N}";
        var builder = new InProcessTestClusterBuilder(options.Silos);
        builder.ConfigureSiloHost((_, host) =>
        {
            SetStores(host, options.Redis, prefix);
            options.ConfigureHost?.Invoke(host);
            services?.Invoke(host.Services);
            agents(host.AddAgentStream(silo => options.ConfigureSilo?.Invoke(silo)));
        });
        var cluster = builder.Build();
        try
        {
            await cluster.DeployAsync().ConfigureAwait(false);
            return new AgentTestCluster(cluster, options, prefix);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Names a session that no other test has.</summary>
    /// <param name="user">The user whose session it is, by <see cref="UserKey.IdRule"/>.</param>
    /// <param name="scope">The user's scope, by <see cref="UserKey.IdRule"/>.</param>
    /// <returns>The session.</returns>
#pragma warning disable CA1822 // A session is one of this cluster, although its name says nothing of it.
    public SessionKey NewSession(string user = "user", string scope = "test") => new(scope, user, SessionKey.NewSessionId());
#pragma warning restore CA1822

    /// <summary>Runs a prompt to its end.</summary>
    /// <param name="session">The session.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="agent">The agent; null is the one that was added first.</param>
    /// <param name="cancellationToken">Gives up waiting; the run continues.</param>
    /// <returns>What the run came to. A run that fails, is canceled or waits for an approval is a result, too.</returns>
    /// <inheritdoc cref="IAgentStreamClient.StartAsync" path="/exception"/>
    public Task<RecordedRun> RunAsync(SessionKey session, string prompt, string? agent = null, CancellationToken cancellationToken = default) =>
        RunAsync(session, new RunRequest(prompt, agent), cancellationToken);

    /// <summary>Runs a request to its end.</summary>
    /// <param name="session">The session.</param>
    /// <param name="request">What to run: with the user's claims, for example, or tools of the client.</param>
    /// <param name="cancellationToken">Gives up waiting; the run continues.</param>
    /// <returns>What the run came to.</returns>
    /// <inheritdoc cref="IAgentStreamClient.StartAsync" path="/exception"/>
    public async Task<RecordedRun> RunAsync(SessionKey session, RunRequest request, CancellationToken cancellationToken = default)
    {
        var run = await StartRunAsync(session, request, cancellationToken).ConfigureAwait(false);
        return await run.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a run, for tests of what happens while it is under way.</summary>
    /// <param name="session">The session.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="agent">The agent; null is the one that was added first.</param>
    /// <param name="cancellationToken">Gives up waiting; a run that has started continues.</param>
    /// <returns>The run.</returns>
    /// <inheritdoc cref="IAgentStreamClient.StartAsync" path="/exception"/>
    public Task<LiveRun> StartRunAsync(SessionKey session, string prompt, string? agent = null, CancellationToken cancellationToken = default) =>
        StartRunAsync(session, new RunRequest(prompt, agent), cancellationToken);

    /// <summary>Starts a run, for tests of what happens while it is under way.</summary>
    /// <param name="session">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Gives up waiting; a run that has started continues.</param>
    /// <returns>The run. One that waits for its turn is waited for.</returns>
    /// <inheritdoc cref="IAgentStreamClient.StartAsync" path="/exception"/>
    public async Task<LiveRun> StartRunAsync(SessionKey session, RunRequest request, CancellationToken cancellationToken = default)
    {
        var started = await Client.StartAsync(session, request, cancellationToken).ConfigureAwait(false);
        return new LiveRun(Client, session, started.RunId, Client.FollowAsync(session, started, CancellationToken.None));
    }

    /// <summary>Records a run that was started in another way, such as by an answer of the client.</summary>
    /// <param name="session">The session.</param>
    /// <param name="runId">The run: the session's last one, or one that waits for its turn.</param>
    /// <returns>The run.</returns>
    public LiveRun Follow(SessionKey session, string runId)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return new LiveRun(Client, session, runId, Client.FollowAsync(session, runId, CancellationToken.None));
    }

    /// <summary>Allows the calls that a run waits with, and runs what continues to its end.</summary>
    /// <param name="run">The run, whose outcome is <see cref="Events.RunOutcome.Paused"/>.</param>
    /// <param name="arguments">The arguments in place of the model's, a JSON object, as text; null for the model's.</param>
    /// <param name="cancellationToken">Gives up waiting; the run continues.</param>
    /// <returns>The run that continues. The results of the calls are its <see cref="RecordedRun.ToolResults"/>.</returns>
    /// <exception cref="InvalidOperationException">The run waits for no approval, or also for results of the client.</exception>
    /// <inheritdoc cref="IAgentStreamClient.AnswerAsync" path="/exception"/>
    public Task<RecordedRun> ApproveAsync(RecordedRun run, string? arguments = null, CancellationToken cancellationToken = default) =>
        AnswerAsync(run, request => Client.ApproveAsync(run.Session, request, arguments, cancellationToken: cancellationToken), cancellationToken);

    /// <summary>Denies the calls that a run waits with, and runs what continues to its end.</summary>
    /// <param name="run">The run, whose outcome is <see cref="Events.RunOutcome.Paused"/>.</param>
    /// <param name="reason">Why not, for the model; null for nothing.</param>
    /// <param name="cancellationToken">Gives up waiting; the run continues.</param>
    /// <returns>The run that continues.</returns>
    /// <exception cref="InvalidOperationException">The run waits for no approval, or also for results of the client.</exception>
    /// <inheritdoc cref="IAgentStreamClient.AnswerAsync" path="/exception"/>
    public Task<RecordedRun> DenyAsync(RecordedRun run, string? reason = null, CancellationToken cancellationToken = default) =>
        AnswerAsync(run, request => Client.DenyAsync(run.Session, request, reason, cancellationToken), cancellationToken);

    /// <summary>Stops the silos, and deletes the keys in Redis unless their prefix was set.</summary>
    /// <returns>A task that completes when all is gone.</returns>
    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync().ConfigureAwait(false);
        if (_options is { Redis: { } redis, RedisPrefix: null })
        {
            await RedisKeys.DeleteAsync(redis, RedisPrefix).ConfigureAwait(false);
        }
    }

    private async Task<RecordedRun> AnswerAsync(RecordedRun run, Func<string, Task<AnswerReceipt>> answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        AnswerReceipt? receipt = null;
        foreach (var request in run.Requests.Where(request => request.Kind == PendingRequestKind.Approval))
        {
            receipt = await answer(request.RequestId).ConfigureAwait(false);
        }

        return receipt switch
        {
            null => throw new InvalidOperationException($"The run waits for no approval.\n{run}"),
            { RunId: null } => throw new InvalidOperationException($"The session still waits for {receipt.Pending} results of the client: give them with Client.SubmitToolResultAsync.\n{run}"),
            { RunId: { } runId } => await Follow(run.Session, runId).CompleteAsync(cancellationToken).ConfigureAwait(false),
        };
    }

    private static void Check(AgentTestClusterOptions options)
    {
        if (options.Silos < 1)
        {
            throw new ArgumentException($"{nameof(options.Silos)} must be at least 1.", nameof(options));
        }

        if (options is { Silos: > 1, Redis: null })
        {
            throw new ArgumentException($"{options.Silos} silos need a Redis ({nameof(options.Redis)}): in memory, each would have sessions of its own.", nameof(options));
        }
    }

    // The settings of the machine and of the program under test do not count.
    private static void SetStores(IHostApplicationBuilder host, string? redis, string prefix)
    {
        host.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis;
        host.Configuration[$"{AgentStreamOptions.Section}:{nameof(StorageOptions.RedisPrefix)}"] = prefix;
        host.Configuration[$"{AgentStreamOptions.Section}:{nameof(StorageOptions.Journal)}"] = redis is null ? "memory" : "redis";
    }
}
