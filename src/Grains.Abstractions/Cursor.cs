using System.Globalization;

namespace AgentStream;

/// <summary>
/// The place of an event in its session's stream: the id of the Redis stream entry, <c>{milliseconds}-{sequence}</c>.
/// Cursors of one session only grow, also from one run to the next.
/// </summary>
/// <param name="Milliseconds">The first part of the entry id: the server's clock, in milliseconds since 1970.</param>
/// <param name="Sequence">The second part: the number of the entry within its millisecond.</param>
/// <remarks>https://redis.io/docs/latest/develop/data-types/streams/#entry-ids</remarks>
[GenerateSerializer, Immutable, Alias("AgentStream.Cursor")]
public readonly record struct Cursor([property: Id(0)] ulong Milliseconds, [property: Id(1)] ulong Sequence) : IComparable<Cursor>
{
    /// <summary>The place before every event.</summary>
    public static Cursor Start => default;

    /// <summary>The place directly behind this one: the least cursor that is greater.</summary>
    public Cursor Next => Sequence == ulong.MaxValue ? new(Milliseconds + 1, 0) : new(Milliseconds, Sequence + 1);

    /// <summary>The place directly before this one: the greatest cursor that is less; <see cref="Start"/> has none and stays.</summary>
    public Cursor Previous => Sequence > 0 ? new(Milliseconds, Sequence - 1) : Milliseconds > 0 ? new(Milliseconds - 1, ulong.MaxValue) : Start;

    /// <summary>
    /// Whether it is the place of an entry that was shown from the journal, since the stream did not have it any more. The entries of a stream are numbered from 0 in each millisecond; the sequence of
    /// these is 2^32 or more.
    /// </summary>
    public bool IsReplayed => Sequence > uint.MaxValue;

    /// <summary>The place in the stream that it stands for: itself, unless it is <see cref="IsReplayed"/>. Who has an entry that was shown from the journal continues behind that place.</summary>
    public Cursor InStream => new(Milliseconds, Sequence & uint.MaxValue);

    /// <summary>Reads <c>{milliseconds}-{sequence}</c>, or <c>{milliseconds}</c> alone for sequence 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cursor">The cursor, when the answer is true.</param>
    /// <returns>Whether the text is a cursor.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Cursor cursor)
    {
        var dash = text.IndexOf('-');
        ulong sequence = 0;
        var isCursor = ulong.TryParse(dash < 0 ? text : text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && (dash < 0 || ulong.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out sequence));
        cursor = isCursor ? new(milliseconds, sequence) : default;
        return isCursor;
    }

    /// <summary>Reads <c>{milliseconds}-{sequence}</c>, or <c>{milliseconds}</c> alone for sequence 0.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The cursor.</returns>
    /// <exception cref="InvalidInputException">The text is no cursor.</exception>
    public static Cursor Parse(ReadOnlySpan<char> text) => TryParse(text, out var cursor)
        ? cursor
        : throw new InvalidInputException("cursor", "must be {milliseconds}-{sequence}, as an event's id gives it");

    /// <inheritdoc/>
    public int CompareTo(Cursor other)
    {
        var order = Milliseconds.CompareTo(other.Milliseconds);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>Whether the left cursor stands before the right one.</summary>
    /// <param name="left">The left cursor.</param>
    /// <param name="right">The right cursor.</param>
    /// <returns>True when it does.</returns>
    public static bool operator <(Cursor left, Cursor right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left cursor stands behind the right one.</summary>
    /// <param name="left">The left cursor.</param>
    /// <param name="right">The right cursor.</param>
    /// <returns>True when it does.</returns>
    public static bool operator >(Cursor left, Cursor right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left cursor stands before the right one, or is the same.</summary>
    /// <param name="left">The left cursor.</param>
    /// <param name="right">The right cursor.</param>
    /// <returns>True when it does.</returns>
    public static bool operator <=(Cursor left, Cursor right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left cursor stands behind the right one, or is the same.</summary>
    /// <param name="left">The left cursor.</param>
    /// <param name="right">The right cursor.</param>
    /// <returns>True when it does.</returns>
    public static bool operator >=(Cursor left, Cursor right) => left.CompareTo(right) >= 0;

    /// <summary>The cursor as a Redis entry id: <c>{milliseconds}-{sequence}</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
