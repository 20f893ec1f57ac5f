using System.Buffers;
using System.ClientModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentStream.Models.Endpoint;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>The body of a chat-completions request.</summary>
internal static class RequestBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = Json.Compact.Encoder, MaxDepth = Protocol.MaxJsonDepth };

    /// <summary>Writes the body.</summary>
    /// <param name="endpoint">Who is asked.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The options; null for none.</param>
    /// <param name="wishes">What the endpoint wants; null for what it has said so far.</param>
    /// <exception cref="NotSupportedException">A message or a tool is of a kind that chat completions do not know.</exception>
    public static BinaryContent Write(
        ModelEndpoint endpoint, IEnumerable<ChatMessage> messages, ChatOptions? options, EndpointWishes? wishes = null)
    {
        var body = new JsonObject
        {
            ["model"] = options?.ModelId ?? endpoint.Model,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        if (options is not null)
        {
            AddOptions(body, options, endpoint.IsOpenAI);
            RequestTools.AddTo(body, options);
            foreach (var (name, value) in options.AdditionalProperties ?? [])
            {
                Set(body, name, value is null ? null : JsonSerializer.SerializeToNode(value, Json.Compact));
            }
        }

        // Last, since these are not the options' to say.
        body["messages"] = RequestMessages.ToJson(messages, options?.Instructions, endpoint.Thoughts, wishes ?? endpoint.Wishes);
        body["stream"] = true;

        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            body.WriteTo(writer);
        }

        return BinaryContent.Create(new BinaryData(bytes.WrittenMemory));
    }

    private static void AddOptions(JsonObject body, ChatOptions options, bool isOpenAI)
    {
        Set(body, "temperature", options.Temperature);
        Set(body, "top_p", options.TopP);
        Set(body, "top_k", options.TopK);
        Set(body, "frequency_penalty", options.FrequencyPenalty);
        Set(body, "presence_penalty", options.PresencePenalty);
        Set(body, "seed", options.Seed);

        // OpenAI's reasoning models refuse the old name, many other servers the new one.
        Set(body, isOpenAI ? "max_completion_tokens" : "max_tokens", options.MaxOutputTokens);
        Set(body, "stop", options.StopSequences is { Count: > 0 } stop ? new JsonArray([.. stop.Select(text => (JsonNode)text)]) : null);
        Set(body, "response_format", ResponseFormat(options.ResponseFormat));
        Set(body, "reasoning_effort", options.Reasoning?.Effort switch
        {
            ReasoningEffort.None => "none",
            ReasoningEffort.Low => "low",
            ReasoningEffort.Medium => "medium",
            ReasoningEffort.High => "high",
            ReasoningEffort.ExtraHigh => "xhigh",
            _ => null,
        });
    }

    private static JsonObject? ResponseFormat(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson json)
        {
            return null;
        }

        if (json.Schema is not { } schema)
        {
            return new JsonObject { ["type"] = "json_object" };
        }

        var described = new JsonObject
        {
            ["name"] = json.SchemaName ?? "response",
            ["schema"] = JsonSerializer.SerializeToNode(schema, Json.Compact),
        };
        Set(described, "description", json.SchemaDescription);
        return new JsonObject { ["type"] = "json_schema", ["json_schema"] = described };
    }

    /// <summary>Sets a field; null takes it away.</summary>
    private static void Set(JsonObject body, string name, JsonNode? value)
    {
        if (value is null)
        {
            body.Remove(name);
        }
        else
        {
            body[name] = value;
        }
    }
}
