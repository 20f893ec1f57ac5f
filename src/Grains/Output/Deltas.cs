using System.Text;
using System.Text.Json;
using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>Makes one delta of those of one part that wait behind each other (<see cref="AgentStreamOptions.CoalesceDeltas"/>): the same text in the same order, in fewer events.</summary>
internal static class Deltas
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    /// <summary>Joins deltas.</summary>
    /// <param name="events">Events that are to be written, in their order.</param>
    /// <returns>The same, with each row of deltas of one part as one.</returns>
    public static IReadOnlyList<NewEntry> Coalesce(NewEntry[] events)
    {
        var joined = new List<NewEntry>(events.Length);
        for (int first = 0, next; first < events.Length; first = next)
        {
            next = first + 1;
            var start = StartOfText(events[first].Body.Span);
            while (start > 0 && next < events.Length && Continues(events[first], events[next], start))
            {
                next++;
            }

            joined.Add(next - first == 1 ? events[first] : Join(events.AsSpan(first, next - first), start));
        }

        return joined;
    }

    private static readonly byte[] Text = Encoding.UTF8.GetBytes($"\"{Protocol.Fields.ContentDelta}\":\"");
    private static readonly byte[] Delta = Encoding.UTF8.GetBytes($"\"{Protocol.Fields.Event}\":\"{Protocol.Events.PartDelta}\"");

    // As EntryBodies.PartDelta writes them: the text comes last, and what stands before it names the part. An agent's own entries may look like it and continue behind the text; they stay as they are.
    private static int StartOfText(ReadOnlySpan<byte> body)
    {
        var field = body.IndexOf(Text.AsSpan());
        if (field < 0 || body[..field].IndexOf(Delta) < 0)
        {
            return 0;
        }

        var start = field + Text.Length;
        return body.EndsWith("\"}"u8) && IsString(body[(start - 1)..^1]) ? start : 0;
    }

    private static bool IsString(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Reading);
        return json.Length > 1 && reader.Read() && reader.TokenType == JsonTokenType.String && reader.BytesConsumed == json.Length;
    }

    private static bool Continues(in NewEntry first, in NewEntry next, int start) =>
        next.Type == first.Type && next.Origin == first.Origin && next.Body.Span.StartsWith(first.Body.Span[..start]) && StartOfText(next.Body.Span) == start;

    private static NewEntry Join(ReadOnlySpan<NewEntry> deltas, int start)
    {
        const int Tail = 2;
        var length = start + Tail;
        foreach (var delta in deltas)
        {
            length += delta.Body.Length - start - Tail;
        }

        var body = new byte[length];
        deltas[0].Body.Span[..start].CopyTo(body);
        var at = start;
        foreach (var delta in deltas)
        {
            // What is escaped stays escaped: a JSON text's pieces joined are the joined text's JSON.
            var text = delta.Body.Span[start..^Tail];
            text.CopyTo(body.AsSpan(at));
            at += text.Length;
        }

        "\"}"u8.CopyTo(body.AsSpan(at));
        return deltas[0] with { Body = body };
    }
}
