namespace AgentStream.Mcp;

/// <summary>
/// An MCP server could not do what was asked of it. The message goes to listeners and to the model: nothing of the server's standard error, no address but an
/// origin, no header.
/// </summary>
/// <param name="title">The server, as <see cref="Title"/> calls it.</param>
/// <param name="what">What happened, as the rest of the sentence.</param>
/// <param name="inner">What caused it, if anything did.</param>
internal sealed class McpServerException(string title, string what, Exception? inner = null) : ToolException($"{title} {what}", inner)
{
    /// <summary>What errors and logs call a server.</summary>
    public static string Title(string name) => $"MCP server '{name}'";
}
