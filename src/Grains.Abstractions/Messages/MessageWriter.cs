using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>Writes messages and parts: what was read and not changed as it was, everything else in pydantic-ai's form of today.</summary>
internal static class MessageWriter
{
    public static void Write(Utf8JsonWriter json, MessageElement item)
    {
        if (item.Origin is not { } origin)
        {
            WriteNew(json, item);
        }
        else if (item.Equals(origin.Item))
        {
            origin.Json.WriteTo(json);
        }
        else
        {
            WriteChanged(json, item, origin);
        }
    }

    /// <summary>Writes the JSON that the item came from, with what changed since in the place of what it was.</summary>
    private static void WriteChanged(Utf8JsonWriter json, MessageElement item, HistoryOrigin origin)
    {
        var (now, then) = (ToJson(item), ToJson(origin.Item));
        if (now.ValueKind != JsonValueKind.Object)
        {
            now.WriteTo(json);
            return;
        }

        bool Changed(string name) => now.TryGetProperty(name, out var value) != then.TryGetProperty(name, out var was)
            || (value.ValueKind != JsonValueKind.Undefined && !JsonElement.DeepEquals(value, was));

        json.WriteStartObject();
        foreach (var field in origin.Json.EnumerateObject().Where(field => !Changed(OlderNames.ToToday(field.Name))))
        {
            field.WriteTo(json);
        }

        foreach (var field in now.EnumerateObject().Where(field => Changed(field.Name)))
        {
            field.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static JsonElement ToJson(MessageElement item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            WriteNew(json, item);
        }

        return JsonElement.Parse(buffer.WrittenSpan, JsonValues.Reading);
    }

    private static void WriteNew(Utf8JsonWriter json, MessageElement item)
    {
        switch (item)
        {
            case UserText text:
                json.WriteStringValue(text.Text);
                return;
            case UnknownMessage { Json: var raw }:
                raw.WriteTo(json);
                return;
            case UnknownRequestPart { Json: var raw }:
                raw.WriteTo(json);
                return;
            case UnknownResponsePart { Json: var raw }:
                raw.WriteTo(json);
                return;
            case UnknownUserContent { Json: var raw }:
                raw.WriteTo(json);
                return;
        }

        json.WriteStartObject();
        switch (item)
        {
            case ModelMessage message:
                WriteFields(json, message);
                break;
            case RequestPart part:
                WriteFields(json, part);
                break;
            case ResponsePart part:
                WriteFields(json, part);
                break;
            case UserContent content:
                WriteFields(json, content);
                break;
            case TokenUsage usage:
                WriteFields(json, usage);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, ModelMessage message)
    {
        switch (message)
        {
            case ModelRequest request:
                WriteList(json, Protocol.Fields.Parts, request.Parts);
                json.WriteString("instructions", request.Instructions);
                json.WriteString("timestamp", Time(request.Timestamp));
                json.WriteString(Protocol.Fields.Kind, Protocol.Kinds.Request);
                break;
            case ModelResponse response:
                WriteList(json, Protocol.Fields.Parts, response.Parts);
                json.WritePropertyName("usage");
                Write(json, response.Usage ?? new TokenUsage(0, 0));
                json.WriteString("model_name", response.ModelName);
                WriteTimestamp(json, response.Timestamp);
                json.WriteString(Protocol.Fields.Kind, Protocol.Kinds.Response);
                json.WriteString("provider_name", response.ProviderName);
                WriteValue(json, "provider_details", response.ProviderDetails);
                json.WriteString("provider_response_id", response.ProviderResponseId);
                json.WriteString("finish_reason", response.FinishReason);
                break;
        }

        json.WriteString("run_id", message.RunId);
    }

    private static void WriteFields(Utf8JsonWriter json, RequestPart part)
    {
        switch (part)
        {
            case SystemPromptPart system:
                json.WriteString(Protocol.Fields.Content, system.Content);
                WriteTimestamp(json, part.Timestamp);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.SystemPrompt);
                break;
            case UserPromptPart { Content: [UserText { Origin: null } text] }:
                json.WriteString(Protocol.Fields.Content, text.Text);
                WriteTimestamp(json, part.Timestamp);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.UserPrompt);
                break;
            case UserPromptPart prompt:
                WriteList(json, Protocol.Fields.Content, prompt.Content);
                WriteTimestamp(json, part.Timestamp);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.UserPrompt);
                break;
            case ToolReturnPart result:
                json.WriteString(Protocol.Fields.ToolName, result.ToolName);
                WriteValue(json, Protocol.Fields.Content, result.Content);
                json.WriteString(Protocol.Fields.ToolCallId, result.ToolCallId);
                WriteValue(json, "metadata", result.Metadata);
                WriteTimestamp(json, part.Timestamp);
                json.WriteString("outcome", result.Outcome);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.ToolReturn);
                break;
            case RetryPromptPart retry:
                WriteValue(json, Protocol.Fields.Content, retry.Content);
                json.WriteString(Protocol.Fields.ToolName, retry.ToolName);
                json.WriteString(Protocol.Fields.ToolCallId, retry.ToolCallId);
                WriteTimestamp(json, part.Timestamp);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.RetryPrompt);
                break;
        }
    }

    private static void WriteFields(Utf8JsonWriter json, ResponsePart part)
    {
        switch (part)
        {
            case TextPart text:
                json.WriteString(Protocol.Fields.Content, text.Content);
                json.WriteString("id", text.Id);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.Text);
                break;
            case ThinkingPart thinking:
                json.WriteString(Protocol.Fields.Content, thinking.Content);
                json.WriteString("id", thinking.Id);
                json.WriteString("signature", thinking.Signature);
                json.WriteString("provider_name", thinking.ProviderName);
                WriteUnlessNull(json, "provider_details", thinking.ProviderDetails);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.Thinking);
                break;
            case ToolCallPart call:
                json.WriteString(Protocol.Fields.ToolName, call.ToolName);
                WriteValue(json, Protocol.Fields.Args, call.Args);
                json.WriteString(Protocol.Fields.ToolCallId, call.ToolCallId);
                json.WriteString("id", call.Id);
                WriteUnlessNull(json, "args_error", call.ArgsError);
                WriteUnlessNull(json, "provider_name", call.ProviderName);
                WriteUnlessNull(json, "provider_details", call.ProviderDetails);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.ToolCall);
                break;
            case FilePart file:
                json.WritePropertyName(Protocol.Fields.Content);
                Write(json, file.Content);
                json.WriteString("id", file.Id);
                json.WriteString(Protocol.Fields.PartKind, Protocol.Parts.File);
                break;
        }
    }

    private static void WriteFields(Utf8JsonWriter json, UserContent content)
    {
        switch (content)
        {
            case UserUrl url:
                json.WriteString("url", url.Url);
                WriteUnlessNull(json, "media_type", url.MediaType);
                json.WriteString(Protocol.Fields.Kind, url.Kind);
                break;
            case BinaryContent binary:
                json.WriteString("data", Base64.Write(binary.Data.Span));
                json.WriteString("media_type", binary.MediaType);
                json.WriteString(Protocol.Fields.Kind, Protocol.Kinds.Binary);
                break;
        }
    }

    private static void WriteFields(Utf8JsonWriter json, TokenUsage usage)
    {
        json.WriteNumber("input_tokens", usage.InputTokens);
        json.WriteNumber("cache_write_tokens", usage.CacheWriteTokens);
        json.WriteNumber("cache_read_tokens", usage.CacheReadTokens);
        json.WriteNumber("output_tokens", usage.OutputTokens);
        json.WriteStartObject("details");
        foreach (var (name, count) in usage.Details)
        {
            json.WriteNumber(name, count);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<MessageElement> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            Write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter json, string name, JsonElement? value)
    {
        json.WritePropertyName(name);
        (value ?? JsonValues.Null).OrNull().WriteTo(json);
    }

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is { } given)
        {
            json.WritePropertyName(name);
            given.WriteTo(json);
        }
    }

    // Where the field cannot be null, pydantic takes an absent one for the present.
    private static void WriteTimestamp(Utf8JsonWriter json, DateTimeOffset? time) => WriteUnlessNull(json, "timestamp", Time(time));

    // As pydantic writes it: microseconds where there are any.
    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString(
        time.Value.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'",
        CultureInfo.InvariantCulture);
}
