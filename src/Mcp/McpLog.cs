using Microsoft.Extensions.Logging;

namespace AgentStream.Mcp;

/// <summary>The events that this room logs: 4000 to 4099. An id is never given to another event. A server is named as "MCP server 'x'".</summary>
internal static partial class McpLog
{
    [LoggerMessage(4000, LogLevel.Debug, "{Server} did not understand the newest handshake. It is asked again, with initialize.")]
    public static partial void HandshakeRepeated(this ILogger logger, Exception exception, string server);

    [LoggerMessage(4001, LogLevel.Warning, "Closing the connection to {Server} failed.")]
    public static partial void NotClosed(this ILogger logger, Exception exception, string server);

    [LoggerMessage(4002, LogLevel.Debug, "{Server} does not say when its tools change.")]
    public static partial void ChangesNotTold(this ILogger logger, Exception exception, string server);

    [LoggerMessage(4003, LogLevel.Warning, "{Server} did not list its tools. The silo connects to it again.")]
    public static partial void ToolsNotListed(this ILogger logger, Exception exception, string server);

    [LoggerMessage(4004, LogLevel.Warning, "{Server} {Warning}")]
    public static partial void ToolLeftOut(this ILogger logger, string server, string warning);

    [LoggerMessage(4005, LogLevel.Information, "{Server} wrote to its standard error: {Line}")]
    public static partial void ErrorWritten(this ILogger logger, string server, string line);
}
