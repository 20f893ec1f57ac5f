using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentStream.Mcp.Tests;

/// <summary>
/// A silo with an agent whose model follows a script and whose tools are on MCP servers, and a second agent without any. The clock of the connections to servers stands still: none is given up.
/// </summary>
internal static class McpSilos
{
    private const string Other = "without servers";

    public static Task<TestSilos> StartAsync(ScriptedModel model, Action<AgentBuilder> agent, Action<AgentStreamOptions>? options = null, TimeProvider? time = null) => TestSilos.StartAsync(
        null,
        model,
        options ?? (_ => { }),
        agent,
        services => services.AddRunClock(time ?? TimeProvider.System).AddSingleton(new McpClock(new ManualTimeProvider())),
        others: agents => agents.AddAgent(Other, a => a.UseChatClient(_ => new ScriptedModel([Step.Say("fine")]))));

    /// <summary>A source that a test can ask too. Without a clock of the test's it has all the time it needs.</summary>
    public static McpToolProvider NewSource(McpConnectionOptions options, ILoggerFactory? logs = null, McpHttp? http = null, TimeProvider? time = null) =>
        new(McpServerException.Title("tools"), options, http ?? McpHttp.Default, logs ?? NullLoggerFactory.Instance, time ?? new ManualTimeProvider());

    /// <summary>Runs a prompt in a session of its own to its end, and writes its events down.</summary>
    public static Task<string> RunAsync(this TestSilos silos) => silos.RunAsync(TestSilos.NewSession());

    /// <summary>The same with the agent that has no servers.</summary>
    public static async Task<string> RunOtherAsync(this TestSilos silos)
    {
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go", Other));
        return await silos.TranscriptAsync(key);
    }
}
