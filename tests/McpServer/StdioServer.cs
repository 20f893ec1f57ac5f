using ModelContextProtocol.Server;

namespace AgentStream.McpServer;

/// <summary>One client, over standard input and output.</summary>
internal static class StdioServer
{
    public static async Task RunAsync(ServerTools tools)
    {
        await using var transport = new StdioServerTransport(tools.Options);
        await using var server = ModelContextProtocol.Server.McpServer.Create(transport, tools.Options);
        await server.RunAsync();
    }
}
