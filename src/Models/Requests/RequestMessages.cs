using System.Text.Json;
using System.Text.Json.Nodes;
using AgentStream.Models.Endpoint;
using AgentStream.Models.Thoughts;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>The messages of a request.</summary>
internal static class RequestMessages
{
    /// <summary>Makes the messages, what the model is told first before all.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="instructions">
    /// What the model is told first; null for nothing. A system message that comes first joins it: endpoints take one.
    /// </param>
    /// <param name="thoughts">Knows the endpoint's own thoughts.</param>
    /// <param name="wishes">What the endpoint wants, as far as it has said so.</param>
    /// <exception cref="NotSupportedException">A content is of a kind that chat completions do not know.</exception>
    public static JsonArray ToJson(IEnumerable<ChatMessage> messages, string? instructions, ThoughtMark thoughts, EndpointWishes wishes)
    {
        var json = new JsonArray();
        var answers = new AssistantMessages(thoughts, wishes);
        foreach (var message in messages)
        {
            if (json.Count == 0 && !string.IsNullOrEmpty(instructions))
            {
                json.Add(Message("system", message.Role == ChatRole.System ? $"{instructions}\n\n{message.Text}" : instructions));
                if (message.Role == ChatRole.System)
                {
                    continue;
                }
            }

            if (message.Role == ChatRole.Assistant)
            {
                json.Add(answers.ToJson(message));
            }
            else if (message.Role == ChatRole.Tool)
            {
                foreach (var result in message.Contents.OfType<FunctionResultContent>())
                {
                    var answer = Message("tool", Words(result));
                    answer["tool_call_id"] = result.CallId;
                    json.Add(answer);
                }
            }
            else if (wishes.Alternates && json.Count > 0 && json[^1] is JsonObject last && (string?)last["role"] == message.Role.Value)
            {
                last["content"] = Joined(last["content"]!, RequestContents.ToJson(message.Contents));
            }
            else
            {
                json.Add(Message(message.Role.Value, RequestContents.ToJson(message.Contents)));
            }
        }

        if (json.Count == 0 && !string.IsNullOrEmpty(instructions))
        {
            json.Add(Message("system", instructions));
        }

        return json;
    }

    private static JsonObject Message(string role, JsonNode? content) => new() { ["role"] = role, ["content"] = content };

    private static JsonNode Joined(JsonNode one, JsonNode other)
    {
        return one is JsonValue && other is JsonValue
            ? $"{(string?)one}\n\n{(string?)other}"
            : new JsonArray([.. Parts(one), .. Parts(other)]);

        static IEnumerable<JsonNode?> Parts(JsonNode content) => content is JsonArray parts
            ? parts.Select(part => part?.DeepClone())
            : [new JsonObject { ["type"] = "text", ["text"] = content.DeepClone() }];
    }

    private static string Words(FunctionResultContent result) => result.Result switch
    {
        string text => text,
        null => result.Exception?.Message ?? "",
        TextContent text => text.Text,
        var value => JsonSerializer.Serialize(value, Json.Compact),
    };
}
