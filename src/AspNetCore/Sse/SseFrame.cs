using System.Buffers;
using System.Globalization;

namespace AgentStream.AspNetCore.Sse;

/// <summary>One event as a frame: <c>id: {cursor}</c>, <c>data: {"type","origin","body"}</c>, a blank line.</summary>
internal static class SseFrame
{
    private const int LongestCursor = 41;

    /// <summary>Writes the frame.</summary>
    /// <param name="output">Takes the frame, as UTF-8.</param>
    /// <param name="streamEvent">The event.</param>
    public static void Write(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        output.Write("id: "u8);
        WriteCursor(output, streamEvent.Cursor);
        output.Write("\ndata: "u8);
        if (streamEvent.Body.Span.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            streamEvent.WriteTo(output);
        }
        else
        {
            WriteLines(output, streamEvent);
        }

        output.Write("\n\n"u8);
    }

    private static void WriteCursor(IBufferWriter<byte> output, Cursor cursor)
    {
        var span = output.GetSpan(LongestCursor);
        _ = cursor.Milliseconds.TryFormat(span, out var length, provider: CultureInfo.InvariantCulture);
        span[length++] = (byte)'-';
        _ = cursor.Sequence.TryFormat(span[length..], out var rest, provider: CultureInfo.InvariantCulture);
        output.Advance(length + rest);
    }

    // Other writers may lay their JSON out over several lines; a line end would end the frame's field, so each line becomes one.
    private static void WriteLines(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        var json = new ArrayBufferWriter<byte>(streamEvent.Body.Length + 64);
        streamEvent.WriteTo(json);
        var rest = json.WrittenSpan;
        for (var end = rest.IndexOfAny((byte)'\r', (byte)'\n'); end >= 0; end = rest.IndexOfAny((byte)'\r', (byte)'\n'))
        {
            output.Write(rest[..end]);
            output.Write("\ndata: "u8);
            rest = rest[(rest[end..].StartsWith("\r\n"u8) ? end + 2 : end + 1)..];
        }

        output.Write(rest);
    }
}
