using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>A tool of a server, called over the connection on which it was listed.</summary>
/// <param name="definition">What the server says of it.</param>
/// <param name="prefix">What stands before its name.</param>
/// <param name="connection">The connection.</param>
internal sealed class McpTool(McpToolDefinition definition, string prefix, McpConnection connection) : AIFunction
{
    /// <inheritdoc/>
    public override string Name { get; } = prefix + definition.Name;

    /// <inheritdoc/>
    public override string Description => definition.Description;

    /// <inheritdoc/>
    public override JsonElement JsonSchema => definition.InputSchema;

    /// <inheritdoc/>
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
        await connection.CallAsync(
            new CallToolRequestParams { Name = definition.Name, Arguments = arguments.ToDictionary(a => a.Key, a => ToJson(a.Value)) }, cancellationToken);

    private static JsonElement ToJson(object? value) =>
        value is JsonElement json ? json : JsonSerializer.SerializeToElement(value, McpJsonUtilities.DefaultOptions);
}
