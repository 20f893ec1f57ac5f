using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.Grains.Runs;

/// <summary>Writes the bodies of protocol.md section 3, straight as UTF-8, field by field in the protocol's order.</summary>
internal static class EntryBodies
{
    public const string Text = "text";
    public const string Thinking = "thinking";
    public const string ToolCallKind = "tool-call";
    public const string ToolReturnKind = "tool-return";

    private static readonly JsonWriterOptions Options = new()
    {
        // The stream is read by JSON parsers, not pasted into HTML: text stays readable and short.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? Writer;

    public static ReadOnlyMemory<byte> NodeBegin(int idx) => Finish(Begin(idx, "llm-begin"u8));

    public static ReadOnlyMemory<byte> NodeEnd(int idx) => Finish(Begin(idx, "llm-end"u8));

    public static ReadOnlyMemory<byte> Answer(int idx) => Finish(Begin(idx, "answer"u8));

    public static ReadOnlyMemory<byte> PartStart(int idx, int eventIdx, string kind, string content)
    {
        var json = Begin(idx, "part_start"u8);
        json.WriteNumber("event_idx"u8, eventIdx);
        json.WriteString("part_kind"u8, kind);
        json.WriteString("content"u8, content);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> PartDelta(int idx, int eventIdx, string kind, string content)
    {
        var json = Begin(idx, "part_delta"u8);
        json.WriteNumber("event_idx"u8, eventIdx);
        json.WriteString("part_delta_kind"u8, kind);
        json.WriteString("content_delta"u8, content);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> ToolCall(int idx, int eventIdx, string toolName, string toolCallId, JsonElement args)
    {
        var json = Begin(idx, "part_start"u8);
        json.WriteNumber("event_idx"u8, eventIdx);
        json.WriteString("part_kind"u8, ToolCallKind);
        json.WriteString("tool_name"u8, toolName);
        json.WriteString("tool_call_id"u8, toolCallId);
        json.WritePropertyName("args"u8);
        args.WriteTo(json);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> ToolReturn(int idx, string toolName, string toolCallId, JsonElement content)
    {
        var json = Begin(idx, "part_start"u8);
        json.WriteString("part_kind"u8, ToolReturnKind);
        json.WriteString("tool_name"u8, toolName);
        json.WriteString("tool_call_id"u8, toolCallId);
        json.WritePropertyName("content"u8);
        content.WriteTo(json);
        return Finish(json);
    }

    /// <summary>The body of an <c>info</c> entry: the model gave something that no event shows.</summary>
    public static ReadOnlyMemory<byte> NotShown(string kind, string? mediaType)
    {
        var json = Open();
        json.WriteString("msg"u8, "content-not-shown");
        json.WriteString("kind"u8, kind);
        if (mediaType is not null)
        {
            json.WriteString("media_type"u8, mediaType);
        }

        return Finish(json);
    }

    /// <summary>The body of an <c>info</c> entry: the run continues after its process died, from this node on.</summary>
    public static ReadOnlyMemory<byte> Resumed(int idx)
    {
        var json = Open();
        json.WriteString("msg"u8, "resumed");
        json.WriteNumber("idx"u8, idx);
        return Finish(json);
    }

    /// <summary>The body of the runtime's own errors.</summary>
    public static ReadOnlyMemory<byte> Message(string text)
    {
        var json = Open();
        json.WriteString("msg"u8, text);
        return Finish(json);
    }

    private static Utf8JsonWriter Begin(int idx, ReadOnlySpan<byte> name)
    {
        var json = Open();
        json.WriteNumber("idx"u8, idx);
        json.WriteString("event"u8, name);
        return json;
    }

    private static Utf8JsonWriter Open()
    {
        Buffer ??= new ArrayBufferWriter<byte>(256);
        Buffer.ResetWrittenCount();
        Writer ??= new Utf8JsonWriter(Buffer, Options);
        Writer.Reset(Buffer);
        Writer.WriteStartObject();
        return Writer;
    }

    private static ReadOnlyMemory<byte> Finish(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        return Buffer!.WrittenSpan.ToArray();
    }
}
