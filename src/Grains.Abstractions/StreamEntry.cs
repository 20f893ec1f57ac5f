using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream;

/// <summary>One entry of a session's stream, as a listener sees it.</summary>
/// <param name="Cursor">The entry's place; a listener that left continues behind it.</param>
/// <param name="Type">One of <see cref="Protocol.Begin"/>, <see cref="Protocol.Event"/>, <see cref="Protocol.Error"/>, <see cref="Protocol.Info"/>, <see cref="Protocol.End"/>.</param>
/// <param name="Origin">Who wrote it.</param>
/// <param name="Body">The body, JSON as UTF-8; empty where the entry has none.</param>
public sealed record StreamEntry(Cursor Cursor, string Type, string Origin, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether this is a run's first entry.</summary>
    public bool IsBegin => Type == Protocol.Begin;

    /// <summary>Whether this is a run's last entry.</summary>
    public bool IsEnd => Type == Protocol.End;

    /// <summary>Writes the wire form, <c>{"type","origin","body"}</c>; an entry without body shows <c>{}</c>.</summary>
    /// <param name="output">Takes the JSON, as UTF-8.</param>
    /// <remarks>The body is passed on as it is, byte for byte: what wrote it has already made it valid JSON.</remarks>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"type\":\""u8);
        WriteEscaped(output, Type);
        output.Write("\",\"origin\":\""u8);
        WriteEscaped(output, Origin);
        output.Write("\",\"body\":"u8);
        output.Write(Body.IsEmpty ? "{}"u8 : Body.Span);
        output.Write("}"u8);
    }

    /// <summary>The wire form as text, <c>{"type","origin","body"}</c>.</summary>
    /// <returns>The JSON text.</returns>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(Body.Length + 64);
        WriteTo(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // Nearly always there is nothing to escape, and then nothing is allocated: this is done for each event and each listener.
    private static void WriteEscaped(IBufferWriter<byte> output, string text)
    {
        var plain = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, plain);
        if (JavaScriptEncoder.Default.FindFirstCharacterToEncodeUtf8(plain[..length]) < 0)
        {
            output.Advance(length);
        }
        else
        {
            output.Write(JsonEncodedText.Encode(text).EncodedUtf8Bytes);
        }
    }
}
