using Microsoft.Extensions.AI;

namespace AgentStream.Testing;

/// <summary>A request that a <see cref="ScriptedChatClient"/> was sent.</summary>
/// <param name="Messages">The messages, oldest first: the history, the prompt, and the results of tools.</param>
/// <param name="Options">The options, with the instructions and the tools; null when there were none.</param>
public sealed record ScriptedRequest(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)
{
    /// <summary>Gets the text of the last message of the user; empty when there is none.</summary>
    public string Prompt => Messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";

    /// <summary>Gets the instructions that the agent has; null when it has none.</summary>
    public string? Instructions => Options?.Instructions;

    /// <summary>Gets the tools that the model was offered.</summary>
    public IReadOnlyList<AITool> Tools => Options?.Tools?.AsReadOnly() ?? (IReadOnlyList<AITool>)[];

    /// <summary>Gets the results of tools in the last message, in the order of their calls.</summary>
    public IReadOnlyList<FunctionResultContent> ToolResults => Messages is [.., var last] ? [.. last.Contents.OfType<FunctionResultContent>()] : [];
}
