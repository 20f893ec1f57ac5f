using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace AgentStream.Events;

/// <summary>Makes JSON of the bodies that other programs write. What is clean already stays as it is, byte for byte.</summary>
internal static class CleanJson
{
    private const int EscapeLength = 6;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };
    private static readonly string[] NonFinite = ["NaN", "Infinity", "-Infinity"];

    /// <summary>
    /// Makes a body JSON that every parser takes: bytes that are no UTF-8 become U+FFFD, numbers that JSON does not have (<c>NaN</c>, <c>Infinity</c>) become null, and what is still no JSON, or
    /// deeper than <see cref="Protocol.MaxJsonDepth"/>, becomes a string with that text.
    /// </summary>
    /// <param name="body">The body; empty for none.</param>
    /// <returns>The body, or a new one.</returns>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty || (Utf8.IsValid(body.Span) && IsJson(body.Span)))
        {
            return body;
        }

        var text = Encoding.UTF8.GetString(body.Span);
        var finite = Encoding.UTF8.GetBytes(WithoutNonFinite(text));
        return IsJson(finite) ? finite : (byte[])[(byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
    }

    /// <summary>Replaces each escaped half of a surrogate pair that stands alone by U+FFFD. .NET can read no string that has one.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>The JSON, or a new one.</returns>
    public static ReadOnlyMemory<byte> WithoutLoneSurrogates(ReadOnlyMemory<byte> json)
    {
        var span = json.Span;
        byte[]? changed = null;
        for (var at = span.IndexOf((byte)'\\'); at >= 0 && at < span.Length;)
        {
            var unit = UnitAt(span, at);
            var length = unit < 0 ? 2 : EscapeLength;
            if (unit >= 0 && char.IsSurrogate((char)unit))
            {
                if (char.IsHighSurrogate((char)unit) && UnitAt(span, at + EscapeLength) is >= 0 and var next && char.IsLowSurrogate((char)next))
                {
                    length = 2 * EscapeLength;
                }
                else
                {
                    changed ??= span.ToArray();
                    "\\ufffd"u8.CopyTo(changed.AsSpan(at));
                }
            }

            var from = Math.Min(at + length, span.Length);
            var found = span[from..].IndexOf((byte)'\\');
            at = found < 0 ? -1 : from + found;
        }

        return changed ?? json;
    }

    /// <summary>The UTF-16 unit that is escaped at a place; -1 when there is no such escape.</summary>
    private static int UnitAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out var used, 'x') && used == 4
            ? unit
            : -1;

    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Reading);
            while (reader.Read())
            {
                // To the end: then it is one whole value.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string WithoutNonFinite(string text)
    {
        var finite = new StringBuilder(text.Length);
        var isInString = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (!isInString && NonFinite.FirstOrDefault(word => string.CompareOrdinal(text, at, word, 0, word.Length) == 0) is { } found)
            {
                finite.Append("null");
                at += found.Length - 1;
                continue;
            }

            finite.Append(text[at]);
            if (isInString && text[at] == '\\' && at + 1 < text.Length)
            {
                finite.Append(text[++at]);
            }
            else if (text[at] == '"')
            {
                isInString = !isInString;
            }
        }

        return finite.ToString();
    }
}
