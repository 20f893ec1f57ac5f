using System.Text;
using System.Text.RegularExpressions;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Hosting;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace AgentStream.GrainTesting;

/// <summary>A cluster with AgentStream in its silos and an agent whose model follows a script.</summary>
public sealed partial class TestSilos : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private TestSilos(InProcessTestCluster cluster, string prefix)
    {
        (_cluster, Prefix) = (cluster, prefix);
        Services = cluster.GetSiloServiceProvider();
        Client = new AgentStreamClient(
            cluster.Client, Services.GetRequiredService<IStreamStore>(), Services.GetRequiredService<StreamHub>(), Services.GetRequiredService<ISessionEvents>());
    }

    /// <summary>The first silo's services.</summary>
    public IServiceProvider Services { get; }

    public AgentStreamClient Client { get; }

    public InProcessTestCluster Cluster => _cluster;

    /// <summary>What the keys of this cluster start with.</summary>
    public string Prefix { get; }

    public static Task<TestSilos> StartAsync(string? redis, IChatClient model, params Delegate[] tools) =>
        StartAsync(redis, model, _ => { }, agent => Array.ForEach(tools, tool => agent.WithTool(tool, ToolFactory.Create(tool, null).Name.ToLowerInvariant())));

    public static async Task<TestSilos> StartAsync(
        string? redis,
        IChatClient model,
        Action<AgentStreamOptions> options,
        Action<AgentBuilder> agent,
        Action<IServiceCollection>? services = null,
        Action<AgentStreamBuilder>? others = null,
        Action<ISiloBuilder>? silo = null,
        Action<StorageOptions>? storage = null)
    {
        var prefix = $"test-{Guid.NewGuid():N}";
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) =>
        {
            services?.Invoke(host.Services);
            host.Configuration["ConnectionStrings:redis"] = redis;
            host.Services.Configure(options);
            host.Services.Configure<StorageOptions>(o =>
            {
                o.RedisPrefix = prefix;

                // A test that wants a file says where.
                o.Journal = redis is null ? "memory" : null;
                storage?.Invoke(o);
            });
            var agents = host.Services.AddAgentStream(host.Configuration).AddAgent("scripted", a => agent(a.UseChatClient(_ => model)));
            others?.Invoke(agents);
        });
        builder.ConfigureSilo((_, built) => silo?.Invoke(built));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestSilos(cluster, prefix);
    }

    /// <summary>A session that no other test has.</summary>
    public static SessionKey NewSession() => new(1, 1, SessionKey.NewSessionId());

    /// <summary>A session's stream in the hands of code beside the run.</summary>
    public Deps DepsOf(SessionKey key) => new(Services.GetRequiredService<RunEnvironment>(), key);

    /// <summary>Follows a session's current run to its end, and writes its events down as protocol.md does, without the reference of a run that failed.</summary>
    public async Task<string> TranscriptAsync(SessionKey key)
    {
        // Far longer than anything takes here, so that a busy machine fails no test.
        var limit = TimeSpan.FromMinutes(2);
        using var patience = new CancellationTokenSource(limit);
        var lines = new StringBuilder();
        try
        {
            await foreach (var item in Services.GetRequiredService<StreamHub>().ListenAsync(key, null, patience.Token))
            {
                lines.AppendLine($"{item.Type} {Reference().Replace(Encoding.UTF8.GetString(item.Body.Span), "")}".TrimEnd());
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Session {key} did not come to its end within {limit.TotalSeconds} s. So far:\n{lines}", e);
        }

        return lines.ToString();
    }

    /// <summary>Runs a prompt to its end, and writes its events down.</summary>
    public async Task<string> RunAsync(SessionKey key, string prompt = "go")
    {
        await Client.StartAsync(key, new RunRequest(prompt));
        return await TranscriptAsync(key);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    // Of a failed run, and another in each run.
    [GeneratedRegex(""",\"reference\":\"[^\"]*\"(?=}$)""")]
    private static partial Regex Reference();
}
