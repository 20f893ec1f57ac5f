using AgentStream.Messages;

namespace AgentStream.Grains.Chat;

/// <summary>What a chat message was made of.</summary>
/// <param name="Message">The message; null when it only carries others.</param>
/// <param name="Part">The one part of a request that it says; null for a response, and for tool results, whose contents know their parts.</param>
internal sealed record ChatOrigin(ModelMessage? Message, RequestPart? Part)
{
    /// <summary>The messages before it that no chat message says.</summary>
    public List<ModelMessage> Before { get; } = [];

    /// <summary>Those behind it, at the end of the history.</summary>
    public List<ModelMessage> After { get; } = [];
}
