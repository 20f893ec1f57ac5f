using AgentStream.TestTools;

namespace AgentStream.Bench.Stages;

/// <summary>A silo in this process, with an agent whose model says what it is told to.</summary>
internal sealed class LocalSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private LocalSilo(IHost host, Gate gate) => (_host, Gate, Client) = (host, gate, host.Services.GetRequiredService<AgentStreamClient>());

    /// <summary>Holds the models back that are to wait.</summary>
    public Gate Gate { get; }

    public AgentStreamClient Client { get; }

    public IServiceProvider Services => _host.Services;

    public static async Task<LocalSilo> StartAsync(string? redis, string prefix, Action<AgentStreamOptions>? configure = null, bool hasAgent = true, string? cluster = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(NoLimits.Settings);
        builder.Configuration["ConnectionStrings:redis"] = redis;
        builder.Configuration["AgentStream:Journal"] = redis is null ? "memory" : "redis";
        builder.Configuration["AgentStream:RedisPrefix"] = prefix;

        // So that no suite fails because the machine was slow.
        builder.Configuration["AgentStream:RedisTimeout"] = "1m";
        builder.Configuration["AgentStream:GracePeriod"] = redis is null ? null : "1m";

        // Models wait at the gate for as long as a suite takes.
        builder.Configuration["AgentStream:ModelSilence"] = "1h";
        // The most that may be: a run that is there for its load continues as long, too.
        builder.Configuration["AgentStream:MaxAnswerLength"] = "16000000";
        // By default a cluster of its own beside the others on this Redis: who only listens is to run nobody's sessions.
        builder.Configuration["AgentStream:Cluster:ClusterId"] = cluster ?? RedisServer.NewPrefix();
        builder.Configuration["AgentStream:Cluster:GatewayPort"] = "0";
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Warning).SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error);
        var gate = new Gate();
        var runtime = builder.AddAgentStream();
        if (hasAgent)
        {
            runtime.AddAgent("bench", agent => agent.UseChatClient(_ => new PlannedModel(gate)));
        }

        builder.Services.Configure(configure ?? (_ => { }));
        var host = builder.Build();
        await host.StartAsync();
        return new(host, gate);
    }

    /// <summary>Starts a run.</summary>
    public Task<StartedRun> RunAsync(SessionKey session, TokenPlan plan) => Client.StartAsync(session, new RunRequest(plan.ToString()));

    /// <summary>Follows a session to its <c>end</c>.</summary>
    /// <returns>How many events came, without <c>end</c>.</returns>
    public async Task<int> CountAsync(SessionKey session, CancellationToken cancellationToken = default)
    {
        var count = 0;
        await foreach (var _ in Client.ListenRawAsync(session, cancellationToken: cancellationToken))
        {
            count++;
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
