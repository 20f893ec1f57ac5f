using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>A tool of a server, called over the connection on which it was listed.</summary>
internal sealed class McpTool(string title, McpClientTool tool, McpConnectionOptions options, McpConnection connection) : DelegatingAIFunction(tool)
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
        McpResults.ToResult(await CallAsync(arguments, cancellationToken));

    private async Task<CallToolResult> CallAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await tool.CallAsync(arguments, cancellationToken: cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Perhaps because the server hangs.
            connection.Doubt();
            throw;
        }
        catch (Exception e)
        {
            connection.Doubt();
            throw new McpServerException(title, $"did not answer the call: {McpFailures.Reason(e, options)}", e);
        }
    }
}
