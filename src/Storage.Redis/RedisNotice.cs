using System.Buffers.Text;
using System.Text;
using AgentStream.Events;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Reads what <c>append.lua</c> and others publish: a word, and behind <c>grown</c> perhaps the events: <c>grown {id before them}</c>, then for each event a line
/// <c>{id} {length of type} {of origin} {of body}</c> and those three, without anything between them.
/// </summary>
internal static class RedisNotice
{
    /// <summary>Reads a message.</summary>
    /// <param name="message">The message; null when some may have been lost.</param>
    /// <returns>The notice; one without events where the message has none that can be read.</returns>
    public static StreamNotice Read(byte[]? message) => message switch
    {
        null => new(StreamNoticeKind.Unsure),
        [(byte)'c', ..] => new(StreamNoticeKind.Canceled),
        _ => Grown(message),
    };

    private static StreamNotice Grown(byte[] message)
    {
        ReadOnlyMemory<byte> rest = message;
        if (!TryLine(ref rest, out var line) || line.Length < 6 || !TryCursor(line[6..], out var after))
        {
            return new(StreamNoticeKind.Grown);
        }

        var events = new List<StreamEntry>();
        while (!rest.IsEmpty)
        {
            if (!TryLine(ref rest, out line) || TryEvent(line, ref rest) is not { } item)
            {
                return new(StreamNoticeKind.Grown);
            }

            events.Add(item);
        }

        return new(StreamNoticeKind.Grown, events, after);
    }

    private static bool TryLine(ref ReadOnlyMemory<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.Span.IndexOf((byte)'\n');
        line = end < 0 ? default : rest.Span[..end];
        rest = rest[(end + 1)..];
        return end >= 0;
    }

    private static StreamEntry? TryEvent(ReadOnlySpan<byte> line, ref ReadOnlyMemory<byte> rest)
    {
        var space = line.IndexOf((byte)' ');
        if (space < 0 || !TryCursor(line[..space], out var cursor))
        {
            return null;
        }

        Span<int> lengths = stackalloc int[3];
        line = line[space..];
        foreach (ref var length in lengths)
        {
            if (line.IsEmpty || !Utf8Parser.TryParse(line[1..], out length, out var used) || length < 0 || length > rest.Length)
            {
                return null;
            }

            line = line[(used + 1)..];
        }

        if ((long)lengths[0] + lengths[1] + lengths[2] > rest.Length)
        {
            return null;
        }

        var item = new StreamEntry(
            cursor, RedisEntries.Word(rest.Span[..lengths[0]]), RedisEntries.Word(rest.Span.Slice(lengths[0], lengths[1])), CleanJson.Of(rest.Slice(lengths[0] + lengths[1], lengths[2])));
        rest = rest[(lengths[0] + lengths[1] + lengths[2])..];
        return item;
    }

    private static bool TryCursor(ReadOnlySpan<byte> text, out Cursor cursor)
    {
        Span<char> chars = stackalloc char[64];
        cursor = default;
        return text.Length <= chars.Length && Cursor.TryParse(chars[..Encoding.ASCII.GetChars(text, chars)], out cursor);
    }
}
