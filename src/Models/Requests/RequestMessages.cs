using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentStream.Models.Endpoint;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>The messages of a request.</summary>
internal static class RequestMessages
{
    // Without the indentation of the defaults: the model pays for each space.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = false,
    };

    /// <summary>Makes the messages, what the model is told first before all.</summary>
    /// <exception cref="NotSupportedException">A content is of a kind that chat completions do not know.</exception>
    public static JsonArray ToJson(IEnumerable<ChatMessage> messages, string? instructions, ThoughtMark thoughts)
    {
        var json = new JsonArray();
        if (!string.IsNullOrEmpty(instructions))
        {
            json.Add(Message("system", instructions));
        }

        foreach (var message in messages)
        {
            if (message.Role == ChatRole.Assistant)
            {
                json.Add(Assistant(message, thoughts));
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
            else
            {
                json.Add(Message(message.Role.Value, RequestContents.ToJson(message.Contents)));
            }
        }

        return json;
    }

    private static JsonObject Message(string role, JsonNode? content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Assistant(ChatMessage message, ThoughtMark thoughts)
    {
        var calls = message.Contents.OfType<FunctionCallContent>().ToList();

        // Only with calls may there be no words.
        var json = Message("assistant", calls.Count > 0 && message.Text.Length == 0 ? null : message.Text);
        if (calls.Count == 0)
        {
            return json;
        }

        json["tool_calls"] = new JsonArray([.. calls.Select(Call)]);
        var reasoning = message.Contents.OfType<TextReasoningContent>().ToList();
        if (reasoning.Select(thought => thoughts.FieldOf(thought.ProtectedData)).FirstOrDefault(field => field is not null) is { } field)
        {
            json[field] = string.Concat(reasoning.Select(thought => thought.Text));
        }

        return json;
    }

    private static JsonObject Call(FunctionCallContent call) => new()
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = call.Name,

            // Also for arguments that were no JSON: servers put them into a template, and some parse them for that.
            ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), Compact),
        },
    };

    private static string Words(FunctionResultContent result) => result.Result switch
    {
        string text => text,
        null => result.Exception?.Message ?? "",
        TextContent text => text.Text,
        var value => JsonSerializer.Serialize(value, Compact),
    };
}
