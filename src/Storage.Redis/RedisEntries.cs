using System.Runtime.InteropServices;
using System.Text;
using AgentStream.Events;
using StackExchange.Redis;
using RedisEntry = StackExchange.Redis.StreamEntry;

namespace AgentStream.Storage.Redis;

/// <summary>Turns events into script arguments, and stream entries into events.</summary>
internal static class RedisEntries
{
    private const int GroupHead = 3;

    // The longest name of a field that counts is 6 bytes, the longest of the protocol's own words 18.
    private const int MostOfName = 6;
    private const int MostOfWord = 32;

    /// <summary>
    /// Puts events behind other arguments, in groups of the same type and origin: type, origin, number of events, and the body of each. Nearly always all events of an append are one group,
    /// and a body is all that each costs.
    /// </summary>
    /// <param name="leading">The other arguments.</param>
    /// <param name="events">The events.</param>
    /// <returns>All arguments.</returns>
    public static RedisValue[] Arguments(ReadOnlySpan<RedisValue> leading, IReadOnlyList<NewEntry> events)
    {
        var groups = 0;
        for (var i = 0; i < events.Count; i++)
        {
            groups += i > 0 && IsSameGroup(events[i - 1], events[i]) ? 0 : 1;
        }

        var arguments = new RedisValue[leading.Length + (GroupHead * groups) + events.Count];
        leading.CopyTo(arguments);
        for (var (i, at) = (0, leading.Length); i < events.Count;)
        {
            var (head, first) = (at, i);
            (arguments[head], arguments[head + 1]) = (events[i].Type, events[i].Origin);
            at += GroupHead;
            do
            {
                arguments[at++] = Bytes(events[i++].Body);
            }
            while (i < events.Count && IsSameGroup(events[i - 1], events[i]));
            arguments[head + 2] = i - first;
        }

        return arguments;
    }

    /// <summary>Reads entries of a stream.</summary>
    /// <param name="entries">The entries.</param>
    /// <returns>The events.</returns>
    public static IReadOnlyList<StreamEntry> Read(RedisEntry[] entries)
    {
        var events = new StreamEntry[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            events[i] = Read(entries[i]);
        }

        return events;
    }

    // What another library writes may lack any field, or have more.
    private static StreamEntry Read(in RedisEntry entry)
    {
        var (type, origin, body) = ("", "", ReadOnlyMemory<byte>.Empty);
        Span<byte> buffer = stackalloc byte[MostOfName];
        foreach (var field in entry.Values)
        {
            if (field.Name.GetByteCount() > MostOfName)
            {
                continue;
            }

            var name = buffer[..field.Name.CopyTo(buffer)];
            if (name.SequenceEqual("body"u8))
            {
                body = (byte[]?)field.Value;
            }
            else if (name.SequenceEqual("type"u8))
            {
                type = Word(field.Value);
            }
            else if (name.SequenceEqual("origin"u8))
            {
                origin = Word(field.Value);
            }
        }

        return new(Cursor.Parse((string?)entry.Id ?? ""), type, origin, CleanJson.Of(body));
    }

    private static string Word(RedisValue value)
    {
        Span<byte> buffer = stackalloc byte[MostOfWord];
        return value.GetByteCount() <= MostOfWord ? Word(buffer[..value.CopyTo(buffer)]) : value.ToString();
    }

    /// <summary>The protocol's own words are the same string each time, so that a million events do not hold a million copies.</summary>
    internal static string Word(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("event"u8) ? Protocol.Event
        : text.SequenceEqual("pydantic-ai"u8) ? Protocol.DefaultEventOrigin
        : text.SequenceEqual("info"u8) ? Protocol.Info
        : text.SequenceEqual("developer"u8) ? Protocol.DeveloperOrigin
        : text.SequenceEqual("begin"u8) ? Protocol.Begin
        : text.SequenceEqual("end"u8) ? Protocol.End
        : text.SequenceEqual("error"u8) ? Protocol.Error
        : text.SequenceEqual("pydantic-ai-stream"u8) ? Protocol.DefaultRuntimeOrigin
        : Encoding.UTF8.GetString(text);

    private static bool IsSameGroup(in NewEntry one, in NewEntry other) => one.Type == other.Type && one.Origin == other.Origin;

    private static byte[] Bytes(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Array is { } array && array.Length == segment.Count
            ? array
            : body.ToArray();
}
