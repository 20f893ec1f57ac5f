using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>A response of a history as the response of a chat client, and back.</summary>
public static class ChatResponses
{
    /// <summary>A response as a chat client gives it.</summary>
    /// <param name="response">The response.</param>
    /// <returns>The assistant's message, with the usage, the finish reason and whose words they are.</returns>
    public static ChatResponse ToChat(ModelResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return new ChatResponse([.. ChatMessages.ToChat([response])])
        {
            ResponseId = response.ProviderResponseId,
            ModelId = response.ModelName,
            CreatedAt = response.Timestamp,
            FinishReason = ChatFinishReasons.ToChat(response.FinishReason),
            Usage = ChatUsage.ToChat(response.Usage),
        };
    }

    /// <summary>A response from what a chat client gave.</summary>
    /// <param name="chat">The chat client's response.</param>
    /// <returns>The response: all that the assistant said, as far as a history has a place for it.</returns>
    public static ModelResponse FromChat(ChatResponse chat)
    {
        ArgumentNullException.ThrowIfNull(chat);
        var said = chat.Messages.Where(message => message.Role == ChatRole.Assistant).ToList();
        var known = said.Count == 1 ? (said[0].RawRepresentation as ChatOrigin)?.Message as ModelResponse : null;
        var response = ChatMessages.ToResponse(new ChatMessage(ChatRole.Assistant, [.. said.SelectMany(message => message.Contents)]), known);
        var usage = ChatUsage.FromChat(chat.Usage);
        return response with
        {
            Timestamp = chat.CreatedAt ?? response.Timestamp,
            ModelName = chat.ModelId,
            ProviderResponseId = chat.ResponseId,
            FinishReason = chat.FinishReason == ChatFinishReasons.ToChat(response.FinishReason) ? response.FinishReason : ChatFinishReasons.FromChat(chat.FinishReason),
            Usage = ChatUsage.Same(usage, response.Usage) ? response.Usage : usage,
        };
    }
}
