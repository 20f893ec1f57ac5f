using System.Text;
using AgentStream.Client;
using AgentStream.EventLog;
using AgentStream.Grains;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Tests;
using AgentStream.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace AgentStream.Mcp.Tests;

/// <summary>A silo with an agent whose model follows a script and whose tools are on MCP servers, and a second agent without any.</summary>
internal sealed class McpSilos : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly EventHub _hub;

    private McpSilos(InProcessTestCluster cluster)
    {
        _cluster = cluster;
        var services = cluster.GetSiloServiceProvider();
        _hub = services.GetRequiredService<EventHub>();
        Client = new AgentStreamClient(cluster.Client, services.GetRequiredService<IEventLog>(), _hub);
    }

    public AgentStreamClient Client { get; }

    public static async Task<McpSilos> StartAsync(IChatClient model, Action<AgentBuilder> agent, Action<AgentStreamOptions>? options = null)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Services.Configure(options ?? (_ => { }));
            host.Services.AddAgentStream(host.Configuration)
                .AddAgent("with servers", a => agent(a.UseChatClient(_ => model)))
                .AddAgent("without", a => a.UseChatClient(_ => new ScriptedModel([Step.Say("fine")])));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new McpSilos(cluster);
    }

    /// <summary>A source that a test can ask too.</summary>
    public static McpToolSource NewSource(McpConnectionOptions options) =>
        new(McpServerException.Title("tools"), options, NullLoggerFactory.Instance, TimeProvider.System);

    public static SessionKey NewSession() => new(1, 1, SessionKey.NewSessionId());

    /// <summary>Runs a prompt in a session of its own to its end, and writes its events down.</summary>
    public Task<string> RunAsync(string? agent = null) => RunAsync(NewSession(), agent);

    public async Task<string> RunAsync(SessionKey key, string? agent = null)
    {
        await Client.StartAsync(key, new RunRequest("go", agent));
        return await TranscriptAsync(key);
    }

    /// <summary>Follows a session's current run to its end, and writes its events down.</summary>
    public async Task<string> TranscriptAsync(SessionKey key)
    {
        var lines = new StringBuilder();
        await ReadAsync().Within($"the end of the run of {key}");
        return lines.ToString();

        async Task ReadAsync()
        {
            await foreach (var item in _hub.ListenAsync(key, null, CancellationToken.None))
            {
                lines.AppendLine($"{item.Type} {Encoding.UTF8.GetString(item.Body.Span)}".TrimEnd());
            }
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
