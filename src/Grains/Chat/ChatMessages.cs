using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// A history as a chat client wants to see it, and back. What a chat message has no place for (timestamps, fields that nobody here knows) rides along as its
/// <see cref="ChatMessage.RawRepresentation"/>, which chat clients leave alone: nothing is lost on the way there and back.
/// </summary>
public static class ChatMessages
{
    /// <summary>A history as chat messages: system prompts, what the user said and tool results are messages of their own roles.</summary>
    /// <param name="messages">The history.</param>
    /// <returns>The chat messages. The parts that no model can be told (of unknown kinds) are not to be seen in them.</returns>
    public static IList<ChatMessage> ToChat(IEnumerable<ModelMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var chat = new List<ChatMessage>();
        var unsaid = new List<ModelMessage>();
        foreach (var message in messages)
        {
            var count = chat.Count;
            AddTo(chat, message);
            if (chat.Count > count)
            {
                ((ChatOrigin)chat[count].RawRepresentation!).Before.AddRange(unsaid);
                unsaid.Clear();
            }
            else
            {
                unsaid.Add(message);
            }
        }

        if (unsaid.Count > 0 && chat.Count == 0)
        {
            chat.Add(new ChatMessage(ChatRole.System, []));
            chat[0].RawRepresentation = new ChatOrigin(null, null);
        }

        if (unsaid.Count > 0)
        {
            ((ChatOrigin)chat[^1].RawRepresentation!).After.AddRange(unsaid);
        }

        return chat;
    }

    /// <summary>
    /// Chat messages as a history: what comes from <see cref="ToChat"/> as it was, but for what somebody changed in it; anything else as far as a history
    /// has a place for it.
    /// </summary>
    /// <param name="chat">The chat messages.</param>
    /// <returns>The history: what stands between two responses is one request.</returns>
    public static IReadOnlyList<ModelMessage> FromChat(IEnumerable<ChatMessage> chat)
    {
        ArgumentNullException.ThrowIfNull(chat);
        var messages = new List<ModelMessage>();
        var toolNames = new Dictionary<string, string>();
        ChatRequest? open = null;
        foreach (var said in chat)
        {
            var origin = said.RawRepresentation as ChatOrigin;
            if (open is not null && (said.Role == ChatRole.Assistant || origin?.Before.Count > 0 || !open.Takes(origin)))
            {
                messages.Add(open.ToRequest());
                open = null;
            }

            messages.AddRange(origin?.Before ?? []);
            if (said.Role == ChatRole.Assistant)
            {
                var response = ToResponse(said, origin?.Message as ModelResponse);
                foreach (var call in response.ToolCalls)
                {
                    toolNames[call.ToolCallId] = call.ToolName;
                }

                messages.Add(response);
            }
            else if (origin is null or { Message: not null })
            {
                open ??= new ChatRequest(origin?.Message as ModelRequest, toolNames);
                open.Add(said, origin?.Part);
            }

            if (origin?.After.Count > 0)
            {
                messages.AddRange(open is null ? [] : [open.ToRequest()]);
                messages.AddRange(origin.After);
                open = null;
            }
        }

        messages.AddRange(open is null ? [] : [open.ToRequest()]);
        return messages;
    }

    /// <summary>Adds a message's chat messages to a list.</summary>
    internal static void AddTo(List<ChatMessage> chat, ModelMessage message)
    {
        if (message is ModelResponse response)
        {
            chat.Add(new ChatMessage(ChatRole.Assistant, [.. response.Parts.Select(ChatContents.FromPart)])
            {
                MessageId = response.ProviderResponseId,
                CreatedAt = response.Timestamp,
                RawRepresentation = new ChatOrigin(response, null),
            });
        }
        else if (message is ModelRequest request)
        {
            foreach (var part in request.Parts)
            {
                AddTo(chat, request, part);
            }
        }
    }

    /// <summary>The response that an assistant's message is.</summary>
    internal static ModelResponse ToResponse(ChatMessage said, ModelResponse? known)
    {
        ResponsePart[] parts = [.. said.Contents.Select(ChatContents.ToPart).OfType<ResponsePart>()];
        return known is null
            ? new ModelResponse(parts) { Timestamp = said.CreatedAt, ProviderResponseId = said.MessageId }
            : known with { Parts = parts.SequenceEqual(known.Parts) ? known.Parts : parts };
    }

    private static void AddTo(List<ChatMessage> chat, ModelRequest request, RequestPart part)
    {
        switch (part)
        {
            case SystemPromptPart system:
                Say(ChatRole.System, new TextContent(system.Content));
                break;
            case UserPromptPart prompt:
                Say(ChatRole.User, [.. prompt.Content.Select(ChatContents.FromItem)]);
                break;
            case RetryPromptPart { ToolName: null } retry:
                Say(ChatRole.User, new TextContent(retry.Text));
                break;
            case ToolReturnPart or RetryPromptPart:
                var result = ChatContents.FromResult(part);
                if (chat is [.., { RawRepresentation: ChatOrigin { Part: null } last } results] && ReferenceEquals(last.Message, request))
                {
                    results.Contents.Add(result);
                }
                else
                {
                    chat.Add(new ChatMessage(ChatRole.Tool, [result]) { CreatedAt = request.Timestamp, RawRepresentation = new ChatOrigin(request, null) });
                }

                break;
        }

        void Say(ChatRole role, params AIContent[] contents) =>
            chat.Add(new ChatMessage(role, contents) { CreatedAt = part.Timestamp, RawRepresentation = new ChatOrigin(request, part) });
    }
}
