using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Messages;

/// <summary>The history as a chat client wants to see it.</summary>
internal static class ChatMessages
{
    /// <summary>Adds a message's chat messages to a list: a user's words and tool results are messages of their own roles.</summary>
    public static void AddTo(List<ChatMessage> chat, ModelMessage message)
    {
        if (message is ModelResponse response)
        {
            chat.Add(new ChatMessage(ChatRole.Assistant, [.. response.Parts.Select(ToContent)]) { MessageId = response.ProviderResponseId });
            return;
        }

        foreach (var part in ((ModelRequest)message).Parts)
        {
            var (role, content) = ToContent(part);
            if (role == ChatRole.Tool && chat.Count > 0 && chat[^1].Role == ChatRole.Tool)
            {
                chat[^1].Contents.Add(content);
            }
            else
            {
                chat.Add(new ChatMessage(role, [content]));
            }
        }
    }

    private static (ChatRole Role, AIContent Content) ToContent(RequestPart part) => part switch
    {
        UserPromptPart prompt => (ChatRole.User, new TextContent(prompt.Content)),
        ToolReturnPart result => (ChatRole.Tool, new FunctionResultContent(result.ToolCallId, Plain(result.Content))),
        RetryPromptPart retry => (ChatRole.Tool, new FunctionResultContent(retry.ToolCallId, retry.Content)),
        _ => throw new NotSupportedException($"A request part of type {part.GetType().Name} has no chat message."),
    };

    private static AIContent ToContent(ResponsePart part) => part switch
    {
        TextPart text => new TextContent(text.Content),
        ThinkingPart thinking => new TextReasoningContent(thinking.Content) { ProtectedData = thinking.Signature },
        ToolCallPart call => new FunctionCallContent(call.ToolCallId, call.ToolName, Arguments(call.Args)),
        _ => throw new NotSupportedException($"A response part of type {part.GetType().Name} has no chat content."),
    };

    // Adapters write a string result as it is, and anything else as JSON: a JSON string would reach the model in quotes.
    private static object? Plain(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString() : content;

    private static Dictionary<string, object?> Arguments(JsonElement args) =>
        args.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value);
}
