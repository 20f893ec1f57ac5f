using System.Text;
using System.Text.RegularExpressions;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Storage.Tailing;
using AgentStream.Testing;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace AgentStream.GrainTesting;

/// <summary>A cluster with an agent whose model follows a script, and an eye for what goes over the wire.</summary>
public sealed partial class TestSilos : IAsyncDisposable
{
    private readonly AgentTestCluster _cluster;

    private TestSilos(AgentTestCluster cluster) => _cluster = cluster;

    /// <summary>The first silo's services.</summary>
    public IServiceProvider Services => _cluster.Services;

    public AgentStreamClient Client => _cluster.Client;

    public InProcessTestCluster Cluster => _cluster.Cluster;

    /// <summary>What the keys of this cluster start with.</summary>
    public string Prefix => _cluster.RedisPrefix;

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
        Action<StorageOptions>? storage = null) =>
        new(await AgentTestCluster.StartAsync(
            agents =>
            {
                agents.AddAgent("scripted", a => agent(a.UseChatClient(_ => model)));
                others?.Invoke(agents);
            },
            own =>
            {
                services?.Invoke(own);
                // On a busy machine a test reads a run's stream long after its end, Redis answers late, and a lease is renewed late.
                own.Configure<AgentStreamOptions>(o => o.GracePeriod = TimeSpan.FromHours(1));
                own.Configure<StorageOptions>(o => (o.RedisTimeout, o.Lease) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)));
                own.Configure(options);

                // A test that wants a file says where.
                own.PostConfigure<StorageOptions>(o => storage?.Invoke(o));
            },
            new() { Redis = redis, RedisPrefix = $"test-{Guid.NewGuid():N}", ConfigureSilo = silo }));

    /// <summary>A session that no other test has.</summary>
    public static SessionKey NewSession() => new(1, 1, SessionKey.NewSessionId());

    /// <summary>A session's stream in the hands of code beside the run.</summary>
    public Deps DepsOf(SessionKey key) => new(Services.GetRequiredService<RunEnvironment>(), key);

    /// <summary>Follows a session's current run to its end, and writes its events down as protocol.md does, without the reference of a run that failed.</summary>
    public async Task<string> TranscriptAsync(SessionKey key)
    {
        using var patience = new CancellationTokenSource(Wait.Limit);
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
            throw new TimeoutException($"Session {key} did not come to its end within {Wait.Limit.TotalSeconds} s. So far:\n{lines}", e);
        }

        return lines.ToString();
    }

    /// <summary>Runs a prompt to its end, and writes its events down.</summary>
    public async Task<string> RunAsync(SessionKey key, string prompt = "go")
    {
        var run = await Client.StartAsync(key, new RunRequest(prompt));
        var transcript = await TranscriptAsync(key);
        await OverAsync(key, run.RunId);
        return transcript;
    }

    /// <summary>Waits until a session is done with a run: a moment later than its stream.</summary>
    private Task OverAsync(SessionKey key, string runId)
    {
        var session = Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(key.ToString());
        return Wait.Until(async () => await session.GetLiveRunIdAsync() != runId, $"run {runId} of session {key} to be over");
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    // Of a failed run, and another in each run.
    [GeneratedRegex(""",\"reference\":\"[^\"]*\"(?=}$)""")]
    private static partial Regex Reference();
}
