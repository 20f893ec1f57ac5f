using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.Grains.Output;

/// <summary>Writes the bodies of protocol.md section 3, straight as UTF-8, field by field in the protocol's order.</summary>
internal static class EntryBodies
{
    private static readonly JsonEncodedText Idx = JsonEncodedText.Encode(Protocol.Fields.Idx);
    private static readonly JsonEncodedText Event = JsonEncodedText.Encode(Protocol.Fields.Event);
    private static readonly JsonEncodedText EventIdx = JsonEncodedText.Encode(Protocol.Fields.EventIdx);
    private static readonly JsonEncodedText PartKind = JsonEncodedText.Encode(Protocol.Fields.PartKind);
    private static readonly JsonEncodedText PartDeltaKind = JsonEncodedText.Encode(Protocol.Fields.PartDeltaKind);
    private static readonly JsonEncodedText Content = JsonEncodedText.Encode(Protocol.Fields.Content);
    private static readonly JsonEncodedText ContentDelta = JsonEncodedText.Encode(Protocol.Fields.ContentDelta);
    private static readonly JsonEncodedText ToolName = JsonEncodedText.Encode(Protocol.Fields.ToolName);
    private static readonly JsonEncodedText ToolCallId = JsonEncodedText.Encode(Protocol.Fields.ToolCallId);
    private static readonly JsonEncodedText Args = JsonEncodedText.Encode(Protocol.Fields.Args);
    private static readonly JsonEncodedText Said = JsonEncodedText.Encode(Protocol.Fields.Message);
    private static readonly JsonEncodedText NodeBegins = JsonEncodedText.Encode(Protocol.Events.NodeBegin);
    private static readonly JsonEncodedText NodeEnds = JsonEncodedText.Encode(Protocol.Events.NodeEnd);
    private static readonly JsonEncodedText AnswerBegins = JsonEncodedText.Encode(Protocol.Events.Answer);
    private static readonly JsonEncodedText PartStarts = JsonEncodedText.Encode(Protocol.Events.PartStart);
    private static readonly JsonEncodedText PartContinues = JsonEncodedText.Encode(Protocol.Events.PartDelta);

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

    public static ReadOnlyMemory<byte> NodeBegin(int idx) => Finish(Begin(idx, NodeBegins));

    public static ReadOnlyMemory<byte> NodeEnd(int idx) => Finish(Begin(idx, NodeEnds));

    public static ReadOnlyMemory<byte> Answer(int idx) => Finish(Begin(idx, AnswerBegins));

    public static ReadOnlyMemory<byte> PartStart(int idx, int eventIdx, string kind, string content)
    {
        var json = Begin(idx, PartStarts);
        json.WriteNumber(EventIdx, eventIdx);
        json.WriteString(PartKind, kind);
        json.WriteString(Content, content);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> PartDelta(int idx, int eventIdx, string kind, string content)
    {
        var json = Begin(idx, PartContinues);
        json.WriteNumber(EventIdx, eventIdx);
        json.WriteString(PartDeltaKind, kind);
        json.WriteString(ContentDelta, content);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> ToolCall(int idx, int eventIdx, string toolName, string toolCallId, JsonElement args)
    {
        var json = Begin(idx, PartStarts);
        json.WriteNumber(EventIdx, eventIdx);
        json.WriteString(PartKind, Protocol.Parts.ToolCall);
        json.WriteString(ToolName, toolName);
        json.WriteString(ToolCallId, toolCallId);
        json.WritePropertyName(Args);
        args.WriteTo(json);
        return Finish(json);
    }

    public static ReadOnlyMemory<byte> ToolReturn(int idx, string toolName, string toolCallId, JsonElement content)
    {
        var json = Begin(idx, PartStarts);
        json.WriteString(PartKind, Protocol.Parts.ToolReturn);
        json.WriteString(ToolName, toolName);
        json.WriteString(ToolCallId, toolCallId);
        json.WritePropertyName(Content);
        content.WriteTo(json);
        return Finish(json);
    }

    /// <summary>The body of an <c>info</c> entry: the model gave something that no event shows.</summary>
    public static ReadOnlyMemory<byte> NotShown(string kind, string? mediaType)
    {
        var json = Open();
        json.WriteString(Said, "content-not-shown");
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
        json.WriteString(Said, "resumed");
        json.WriteNumber(Idx, idx);
        return Finish(json);
    }

    /// <summary>The body of an <c>info</c> entry: the stream does not have the run any more, and what follows is what the journal has of it.</summary>
    public static ReadOnlyMemory<byte> Replayed() => Message("replayed");

    /// <summary>The body of an <c>info</c> entry: the user said something while the run was live, and the model hears it now.</summary>
    public static ReadOnlyMemory<byte> Steered(string text)
    {
        var json = Open();
        json.WriteString(Said, "steered");
        json.WriteString("text"u8, text);
        return Finish(json);
    }

    /// <summary>The body of the runtime's own errors.</summary>
    public static ReadOnlyMemory<byte> Message(string text)
    {
        var json = Open();
        json.WriteString(Said, text);
        return Finish(json);
    }

    /// <summary>The body of the error of a run that failed.</summary>
    public static ReadOnlyMemory<byte> Failed(string text, string reason, string reference)
    {
        var json = Open();
        json.WriteString(Said, text);
        json.WriteString(Protocol.Fields.Reason, reason);
        json.WriteString(Protocol.Fields.Reference, reference);
        return Finish(json);
    }

    private static Utf8JsonWriter Begin(int idx, JsonEncodedText name)
    {
        var json = Open();
        json.WriteNumber(Idx, idx);
        json.WriteString(Event, name);
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
