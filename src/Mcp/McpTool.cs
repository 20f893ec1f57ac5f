using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>A tool of a server, called over the connection on which it was listed.</summary>
internal sealed class McpTool(McpClientTool tool, McpConnection connection) : DelegatingAIFunction(tool)
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var call = new CallToolRequestParams { Name = tool.ProtocolTool.Name, Arguments = arguments.ToDictionary(a => a.Key, a => ToJson(a.Value)) };
        return McpResults.ToResult(await connection.CallAsync(call, cancellationToken));
    }

    private static JsonElement ToJson(object? value) =>
        value is JsonElement json ? json : JsonSerializer.SerializeToElement(value, McpJsonUtilities.DefaultOptions);
}
