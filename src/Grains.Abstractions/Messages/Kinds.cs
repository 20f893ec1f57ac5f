namespace AgentStream.Messages;

/// <summary>The values of a message's <c>kind</c>.</summary>
internal static class MessageKinds
{
    public const string Request = "request";
    public const string Response = "response";
}

/// <summary>The values of <c>part_kind</c>, and of the <c>kind</c> of the items of a user's prompt.</summary>
internal static class PartKinds
{
    public const string SystemPrompt = "system-prompt";
    public const string UserPrompt = "user-prompt";
    public const string ToolReturn = "tool-return";
    public const string RetryPrompt = "retry-prompt";
    public const string Text = "text";
    public const string Thinking = "thinking";
    public const string ToolCall = "tool-call";
    public const string File = "file";
    public const string TextContent = "text-content";
    public const string Binary = "binary";
}
