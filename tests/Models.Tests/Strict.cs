using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace AgentStream.Models.Tests;

/// <summary>The rules of endpoints that refuse a whole request for one message, with the words in which they do. Each gives null for what it takes.</summary>
internal static partial class Strict
{
    /// <summary>A reply that is only given to a request that keeps all of the rules.</summary>
    public static RequestDelegate Reply(RequestDelegate reply, params Func<JsonElement, string?>[] rules) => context =>
    {
        var body = (JsonElement)context.Items[nameof(ModelRequest.Body)]!;
        var broken = rules.Select(rule => rule(body)).FirstOrDefault(words => words is not null);
        return (broken is null ? reply : Tests.Reply.Status(400, JsonSerializer.Serialize(new { error = new { message = broken } })))(context);
    };

    /// <summary>All that any endpoint asks for.</summary>
    public static RequestDelegate Reply(RequestDelegate reply) => Reply(reply, NoEmptyMessage, Pairs, Names, OneSystem, Contents);

    public static string? NoEmptyMessage(JsonElement body)
    {
        foreach (var (index, message) in Messages(body).Index())
        {
            var isEmpty = message.GetProperty("content") is var content && content.ValueKind is JsonValueKind.Null || IsBlank(content);
            if (isEmpty && message.GetProperty("role").GetString() is "assistant" or "user" or "system" && !message.TryGetProperty("tool_calls", out _))
            {
                return $"Invalid request: the message at position {index} with role '{message.GetProperty("role")}' must not be empty";
            }
        }

        return null;
    }

    public static string? Pairs(JsonElement body)
    {
        var open = new HashSet<string>();
        foreach (var message in Messages(body))
        {
            if (message.GetProperty("role").GetString() == "tool")
            {
                if (!open.Remove(message.GetProperty("tool_call_id").GetString()!))
                {
                    return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
                }

                continue;
            }

            if (open.Count > 0)
            {
                break;
            }

            open = message.TryGetProperty("tool_calls", out var calls) ? [.. calls.EnumerateArray().Select(call => call.GetProperty("id").GetString()!)] : [];
            if (open.Count < (message.TryGetProperty("tool_calls", out calls) ? calls.GetArrayLength() : 0))
            {
                return "Duplicate value for 'tool_call_id'";
            }
        }

        return open.Count == 0 ? null : "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
    }

    public static string? Names(JsonElement body)
    {
        var calls = Messages(body).SelectMany(message => message.TryGetProperty("tool_calls", out var calls) ? calls.EnumerateArray().ToArray() : []).ToList();
        var tools = body.TryGetProperty("tools", out var offered) ? offered.EnumerateArray().ToArray() : [];
        var names = calls.Concat(tools).Select(call => call.GetProperty("function").GetProperty("name").GetString()!);
        var ids = calls.Select(call => call.GetProperty("id").GetString()!).ToList();
        return names.Concat(ids).FirstOrDefault(name => !Pattern().IsMatch(name)) is { } wrong ? $"'{wrong}' does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
            : ids.Distinct().Count() < ids.Count ? "tool_call_id must be unique"
            : null;
    }

    public static string? OneSystem(JsonElement body) =>
        Messages(body).Index().Any(message => message.Index > 0 && message.Item.GetProperty("role").GetString() == "system") ? "System message must be at the beginning." : null;

    public static string? Contents(JsonElement body) => Messages(body)
        .Where(message => message.GetProperty("content").ValueKind == JsonValueKind.Array)
        .SelectMany(message => message.GetProperty("content").EnumerateArray())
        .Any(part => part.GetProperty("type").GetString() is not ("text" or "image_url" or "input_audio" or "file"))
        ? "Invalid content type"
        : null;

    /// <summary>The chat templates of some models.</summary>
    public static string? Alternate(JsonElement body) =>
        Messages(body).Zip(Messages(body).Skip(1)).Any(pair => pair.First.GetProperty("role").GetString() == pair.Second.GetProperty("role").GetString())
            ? "Conversation roles must alternate user/assistant/user/assistant/..."
            : null;

    public static Func<JsonElement, string?> AtMost(int bytes) => body =>
        body.GetRawText().Length <= bytes ? null : "This model's maximum context length is exceeded (context_length_exceeded)";

    /// <summary>DeepSeek V4: from the first call on, each answer of the model needs its thoughts.</summary>
    public static string? DeepSeek(JsonElement body) =>
        Messages(body).SkipWhile(message => !message.TryGetProperty("tool_calls", out _))
            .Any(message => message.GetProperty("role").GetString() == "assistant" && !message.TryGetProperty("reasoning_content", out _))
            ? "The `reasoning_content` in the thinking mode must be passed back to the API."
            : null;

    /// <summary>DeepSeek R1: no thoughts at all.</summary>
    public static string? R1(JsonElement body) =>
        Messages(body).Any(message => message.TryGetProperty("reasoning_content", out _)) ? "reasoning_content is not allowed in input messages" : null;

    /// <summary>Gemini 3: the first call of each answer needs its signature.</summary>
    public static string? Gemini(JsonElement body) => Messages(body)
        .Where(message => message.TryGetProperty("tool_calls", out _))
        .Select(message => message.GetProperty("tool_calls")[0])
        .All(call => call.TryGetProperty("extra_content", out var extra) && extra.GetProperty("google").GetProperty("thought_signature").GetString() is { Length: > 0 })
        ? null
        : "Function call is missing a thought_signature in functionCall parts";

    private static JsonElement[] Messages(JsonElement body) => [.. body.GetProperty("messages").EnumerateArray()];

    private static bool IsBlank(JsonElement content) =>
        content.ValueKind == JsonValueKind.String ? string.IsNullOrWhiteSpace(content.GetString()) : content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 0;

    [GeneratedRegex(@"^[a-zA-Z0-9_-]{1,64}\z")]
    private static partial Regex Pattern();
}
