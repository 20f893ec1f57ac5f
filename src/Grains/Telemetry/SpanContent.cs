using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Telemetry;

/// <summary>
/// What is said to models and tools, and by them, as attributes of their spans: JSON in the form of the conventions, within bounds. It is called only for spans that are recorded, and only where
/// <see cref="ContentCapture"/> is on.
/// </summary>
internal static class SpanContent
{
    /// <summary>The most bytes of an attribute, in UTF-8. Of messages, the oldest are left out; of a message, its last parts; of tools, the last.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The most characters of a text, of arguments, or of a result: what is behind them is left out. Escaped, they fit in <see cref="MaxBytes"/>.</summary>
    public const int MaxText = 8 * 1024;

    /// <summary>What a model is asked.</summary>
    public static void SetRequest(Activity span, IReadOnlyList<ChatMessage> messages, ChatOptions options) => Safely(span, () =>
    {
        var cut = false;
        if (options.Instructions is { Length: > 0 } instructions)
        {
            span.SetTag(GenAI.SystemInstructions, Text(Array([ContentPart.Text(instructions, ref cut)])));
        }

        if (options.Tools is { Count: > 0 } tools)
        {
            span.SetTag(GenAI.ToolDefinitions, Text(Array(First(tools, ref cut))));
        }

        span.SetTag(GenAI.InputMessages, Text(Array(Last(messages, ref cut))));
        return cut;
    });

    /// <summary>What it says.</summary>
    public static void SetResponses(Activity span, IReadOnlyList<ModelResponse> responses) => Safely(span, () =>
    {
        var (cut, room, said) = (false, MaxBytes, new List<byte[]>());
        foreach (var response in responses)
        {
            var message = new List<ChatMessage>();
            ChatMessages.AddTo(message, response);
            if (!Add(said, Message(message[0], response.FinishReason ?? "", room, ref cut), ref room, ref cut))
            {
                break;
            }
        }

        span.SetTag(GenAI.OutputMessages, Text(Array(said)));
        return cut;
    });

    /// <summary>What a tool is called with: what the model wrote, or somebody in its place. What the tool is handed beside it is not said.</summary>
    public static void SetArguments(this Activity? span, ContentCapture content, JsonElement arguments)
    {
        if (content.IsOn && span is { IsAllDataRequested: true })
        {
            Set(span, GenAI.ToolArguments, arguments);
        }
    }

    /// <summary>What it gave, as the model is told.</summary>
    /// <returns>The same result.</returns>
    public static RequestPart SetResult(this Activity? span, ContentCapture content, RequestPart result)
    {
        if (content.IsOn && span is { IsAllDataRequested: true } && result is ToolReturnPart { Content: var said })
        {
            Set(span, GenAI.ToolResult, said);
        }

        return result;
    }

    private static void Set(Activity span, string name, JsonElement value) => Safely(span, () =>
    {
        var cut = false;
        span.SetTag(name, ContentPart.Bounded(value, ref cut).GetRawText());
        return cut;
    });

    /// <summary>The newest messages that fit, oldest first.</summary>
    private static List<byte[]> Last(IReadOnlyList<ChatMessage> messages, ref bool cut)
    {
        var (room, kept) = (MaxBytes, new List<byte[]>());
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            if (!Add(kept, Message(messages[i], null, room, ref cut), ref room, ref cut))
            {
                break;
            }
        }

        kept.Reverse();
        return kept;
    }

    private static List<byte[]> First(IList<AITool> tools, ref bool cut)
    {
        var (room, kept) = (MaxBytes, new List<byte[]>());
        foreach (var tool in tools)
        {
            if (!Add(kept, ContentPart.Tool(tool, ref cut), ref room, ref cut))
            {
                break;
            }
        }

        return kept;
    }

    private static bool Add(List<byte[]> kept, byte[]? item, ref int room, ref bool cut)
    {
        if (item is null || item.Length + 3 > room)
        {
            cut = true;
            return false;
        }

        kept.Add(item);
        room -= item.Length + 1;
        return true;
    }

    /// <summary>A message with the parts that fit; null when none does.</summary>
    private static byte[]? Message(ChatMessage message, string? finishReason, int room, ref bool cut)
    {
        // What stands around the parts.
        room -= 128;
        var parts = new List<byte[]>();
        foreach (var content in message.Contents)
        {
            if (ContentPart.Of(content, ref cut) is not { } part)
            {
                continue;
            }

            if (Add(parts, part, ref room, ref cut))
            {
                continue;
            }

            if (parts.Count == 0)
            {
                return null;
            }

            break;
        }

        return ContentPart.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role.Value);
            json.WritePropertyName("parts");
            json.WriteRawValue(Array(parts), skipInputValidation: true);
            if (finishReason is not null)
            {
                json.WriteString("finish_reason", finishReason);
            }

            json.WriteEndObject();
        });
    }

    private static byte[] Array(List<byte[]> items)
    {
        var buffer = new ArrayBufferWriter<byte>(items.Sum(item => item.Length + 1) + 2);
        buffer.Write("["u8);
        for (var i = 0; i < items.Count; i++)
        {
            buffer.Write(i == 0 ? default : ","u8);
            buffer.Write(items[i]);
        }

        buffer.Write("]"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);

    /// <summary>No run fails because of what is told of it.</summary>
    private static void Safely(Activity span, Func<bool> set)
    {
        var cut = true;
        try
        {
            cut = set();
        }
#pragma warning disable CA1031 // A value of somebody's own that cannot be written is left out.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        if (cut)
        {
            span.SetTag(GenAI.ContentTruncated, true);
        }
    }
}
