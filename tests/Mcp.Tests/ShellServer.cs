using Microsoft.Extensions.Logging;

namespace AgentStream.Mcp.Tests;

/// <summary>A server that is a line of shell: it says hello and lists the tool <c>t</c> by itself, and for a call runs what a test wrote. The ids of its answers are those that the client counts.</summary>
internal static class ShellServer
{
    public static McpConnectionOptions Options(string call, string hello = "", string list = "")
    {
        var options = new McpConnectionOptions { Command = "sh", Initialize = McpInitialize.Legacy };
        options.Arguments.Add("-c");
        options.Arguments.Add($$$"""
            read -r initialize
            {{{hello}}}
            echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"} } }'
            read -r initialized
            read -r list
            {{{list}}}
            echo '{"jsonrpc":"2.0","id":{{{McpRequests.FirstId}}},"result":{"tools":[{{{RawServer.Tool}}}] } }'
            read -r call
            {{{call}}}
            while read -r more; do :; done
            """);
        TestServer.Patient(options);
        return options;
    }

    /// <summary>Answers the call with a text, which a command prints.</summary>
    public static string Say(string command) =>
        $$$"""printf '{"jsonrpc":"2.0","id":{{{McpRequests.FirstId + 1}}},"result":{"content":[{"type":"text","text":"%s"}] } }\n' "$( {{{command}}} )" """;

    public static McpToolProvider NewSource(string call, Action<McpConnectionOptions>? configure = null, ILoggerFactory? logs = null, string hello = "", string list = "")
    {
        var options = Options(call, hello, list);
        configure?.Invoke(options);
        return McpSilos.NewSource(options, logs);
    }
}
