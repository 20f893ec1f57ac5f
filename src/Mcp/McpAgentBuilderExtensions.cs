using AgentStream.Mcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>Gives agents the tools of MCP servers.</summary>
/// <remarks>
/// A silo connects to a server when the first run of the agent starts, and all runs share the connection. It asks for the tools again when the server
/// says that they have changed, and, where the server promises no such word, at the start of each run. A server that cannot be reached then ends
/// that run as crashed; the next one tries again.
/// </remarks>
public static class McpAgentBuilderExtensions
{
    /// <summary>Adds the tools of a server that is a program on this machine. It is started when it is first needed and ended with the host.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="name">The server's name, for errors and logs; each name once in an agent.</param>
    /// <param name="command">The program, looked up on the PATH.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="configure">Sets what else there is to set: environment, working directory, prefix, tools.</param>
    /// <returns>The agent.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken, or a setting breaks its rule; the message names it.</exception>
    public static AgentBuilder WithMcpServer(
        this AgentBuilder agent, string name, string command, IEnumerable<string>? arguments = null, Action<McpConnectionOptions>? configure = null)
    {
        var options = new McpConnectionOptions { Command = command };
        foreach (var argument in arguments ?? [])
        {
            options.Arguments.Add(argument);
        }

        return agent.WithMcpServer(name, options, configure);
    }

    /// <summary>Adds the tools of a server that speaks streamable HTTP.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="name">The server's name, for errors and logs; each name once in an agent.</param>
    /// <param name="url">Its endpoint: an absolute http or https address.</param>
    /// <param name="configure">Sets what else there is to set: headers, prefix, tools.</param>
    /// <returns>The agent.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken, or a setting breaks its rule; the message names it.</exception>
    public static AgentBuilder WithMcpServer(this AgentBuilder agent, string name, Uri url, Action<McpConnectionOptions>? configure = null) =>
        agent.WithMcpServer(name, new McpConnectionOptions { Url = url }, configure);

    /// <summary>Adds the tools of the servers in a section of the configuration; see <see cref="McpConfiguration"/>.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="section">The section, such as <c>AgentStream:Agents:helper:McpServers</c>. One that does not exist has no servers.</param>
    /// <returns>The agent.</returns>
    /// <exception cref="ArgumentException">A server's name is taken.</exception>
    /// <exception cref="OptionsValidationException">Settings are wrong; the message names each by its whole path, and its rule.</exception>
    public static AgentBuilder WithMcpServers(this AgentBuilder agent, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(agent);
        foreach (var (name, options) in McpConfiguration.Read(section))
        {
            agent.Add(name, options);
        }

        return agent;
    }

    private static AgentBuilder WithMcpServer(this AgentBuilder agent, string name, McpConnectionOptions options, Action<McpConnectionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        configure?.Invoke(options);
        var errors = McpConnectionOptionsValidator.Validate("", options);
        return errors.Count == 0
            ? agent.Add(name, options)
            : throw new ArgumentException($"MCP server '{name}': {string.Join(' ', errors)}", nameof(configure));
    }

    private static AgentBuilder Add(this AgentBuilder agent, string name, McpConnectionOptions options)
    {
        var title = McpServerException.Title(name);
        return agent.WithToolProvider(
            title,
            services => new McpToolProvider(
                title,
                options,
                services.GetService<McpHttp>() ?? McpHttp.Default,
                services.GetRequiredService<ILoggerFactory>(),
                services.GetService<McpClock>()?.Time ?? services.GetRequiredService<TimeProvider>()));
    }
}
