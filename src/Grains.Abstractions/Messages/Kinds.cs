namespace AgentStream.Messages;

/// <summary>The values of a message's <c>kind</c>.</summary>
internal static class MessageKinds
{
    public const string Request = "request";
    public const string Response = "response";
}

/// <summary>The values of the <c>kind</c> of the items of a user's prompt that are no text and no URL.</summary>
internal static class ContentKinds
{
    public const string Text = "text-content";
    public const string Binary = "binary";
}
