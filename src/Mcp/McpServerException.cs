namespace AgentStream.Mcp;

/// <summary>
/// An MCP server could not do what was asked of it. The message has nothing of the server's standard error, no address but an origin, and no header; but it may have the server's words. The public message
/// has words of AgentStream's own only.
/// </summary>
/// <param name="title">The server, as <see cref="Title"/> calls it.</param>
/// <param name="what">What happened, as the rest of the sentence.</param>
/// <param name="inner">What caused it, if anything did.</param>
internal sealed class McpServerException(string title, McpWords what, Exception? inner = null) : AgentStreamException($"{title} {what.All}", inner)
{
    /// <inheritdoc/>
    public override string? PublicMessage { get; } = $"{title} {what.Own}";

    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.ToolFailed;

    /// <summary>What errors and logs call a server.</summary>
    public static string Title(string name) => $"MCP server '{name}'";
}
