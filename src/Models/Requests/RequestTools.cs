using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>The tools of a request.</summary>
internal static class RequestTools
{
    /// <summary>Adds the tools and what is to be done with them; an endpoint refuses the latter without the former.</summary>
    /// <exception cref="NotSupportedException">A tool is no function.</exception>
    public static void AddTo(JsonObject body, ChatOptions options)
    {
        if (options.Tools is not { Count: > 0 } tools)
        {
            return;
        }

        body["tools"] = new JsonArray([.. tools.Select(ToJson)]);
        if (Choice(options.ToolMode) is { } choice)
        {
            body["tool_choice"] = choice;
        }

        if (options.AllowMultipleToolCalls is { } parallel)
        {
            body["parallel_tool_calls"] = parallel;
        }
    }

    private static JsonObject ToJson(AITool tool)
    {
        if (tool is not AIFunctionDeclaration declared)
        {
            throw new NotSupportedException(
                $"The tool '{tool.Name}' is a {tool.GetType().Name}; a chat-completions endpoint takes functions only.");
        }

        var function = new JsonObject
        {
            ["name"] = declared.Name,
            ["parameters"] = JsonSerializer.SerializeToNode(declared.JsonSchema, Json.Compact),
        };
        if (!string.IsNullOrEmpty(declared.Description))
        {
            function["description"] = declared.Description;
        }

        if (declared.AdditionalProperties.TryGetValue("strict", out var strict) && strict is bool isStrict)
        {
            function["strict"] = isStrict;
        }

        return new JsonObject { ["type"] = "function", ["function"] = function };
    }

    private static JsonNode? Choice(ChatToolMode? mode) => mode switch
    {
        AutoChatToolMode => "auto",
        NoneChatToolMode => "none",
        RequiredChatToolMode { RequiredFunctionName: { } name } =>
            new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } },
        RequiredChatToolMode => "required",
        _ => null,
    };
}
