using System.Buffers;
using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Telemetry;

/// <summary>A piece of what was said, as the conventions write it: an object with a <c>type</c>.</summary>
internal static class ContentPart
{
    /// <summary>Writes one thing.</summary>
    public delegate void Writing(Utf8JsonWriter json);

    /// <summary>A content of a message; null for one that says nothing.</summary>
    public static byte[]? Of(AIContent content, ref bool cut)
    {
        // Of a thought, what its provider signed or encrypted is not said. Of a file, not its bytes.
        switch (content)
        {
            case UsageContent:
                return null;
            case TextContent text:
                return Text(text.Text, ref cut);
            case TextReasoningContent thought:
                return Text(thought.Text, ref cut, "reasoning");
            case FunctionCallContent call:
                var arguments = call.Arguments is null ? JsonValues.EmptyObject : ChatJson.ToElement(call.Arguments);
                return Call("tool_call", call.CallId, call.Name, "arguments", arguments, ref cut);
            case FunctionResultContent result:
                return Call("tool_call_response", result.CallId, null, "response", ChatJson.ToElement(result.Result), ref cut);
            case DataContent data:
                return Media("blob", data.MediaType, "content", "");
            case UriContent uri:
                return Media("uri", uri.MediaType, "uri", Cut(uri.Uri.ToString(), ref cut));
            default:
                return Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("type", content.GetType().Name);
                    json.WriteEndObject();
                });
        }
    }

    /// <summary>A text.</summary>
    public static byte[] Text(string text, ref bool cut, string type = "text")
    {
        var said = Cut(text, ref cut);
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("content", said);
            json.WriteEndObject();
        });
    }

    /// <summary>A tool that the model may call. A schema that is too long is left out.</summary>
    public static byte[] Tool(AITool tool, ref bool cut)
    {
        var description = Cut(tool.Description, ref cut);
        var schema = (tool as AIFunctionDeclaration)?.JsonSchema;
        if (schema?.GetRawText().Length > SpanContent.MaxText)
        {
            (schema, cut) = (null, true);
        }

        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("type", tool is AIFunctionDeclaration ? "function" : tool.GetType().Name);
            json.WriteString("name", tool.Name);
            if (description.Length > 0)
            {
                json.WriteString("description", description);
            }

            if (schema is { ValueKind: not JsonValueKind.Undefined } parameters)
            {
                json.WritePropertyName("parameters");
                parameters.WriteTo(json);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>A value as it is; one that is too long as a text with its start.</summary>
    public static JsonElement Bounded(JsonElement value, ref bool cut)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return JsonValues.OfText(Cut(value.GetString()!, ref cut));
        }

        var text = value.OrNull().GetRawText();
        return text.Length <= SpanContent.MaxText ? value.OrNull() : JsonValues.OfText(Cut(text, ref cut));
    }

    /// <summary>One thing as JSON.</summary>
    public static byte[] Json(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The start of a text, and how much is behind it.</summary>
    public static string Cut(string text, ref bool cut)
    {
        if (text.Length <= SpanContent.MaxText)
        {
            return text;
        }

        cut = true;
        var end = char.IsHighSurrogate(text[SpanContent.MaxText - 1]) ? SpanContent.MaxText - 1 : SpanContent.MaxText;
        return $"{text.AsSpan(0, end)}… ({text.Length - end} more characters)";
    }

    private static byte[] Call(string type, string id, string? name, string property, JsonElement value, ref bool cut)
    {
        var said = Bounded(value, ref cut);
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("id", id);
            if (name is not null)
            {
                json.WriteString("name", name);
            }

            json.WritePropertyName(property);
            said.WriteTo(json);
            json.WriteEndObject();
        });
    }

    private static byte[] Media(string type, string mediaType, string property, string value) => Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("modality", mediaType.Split('/')[0]);
        json.WriteString("mime_type", mediaType);
        json.WriteString(property, value);
        json.WriteEndObject();
    });
}
