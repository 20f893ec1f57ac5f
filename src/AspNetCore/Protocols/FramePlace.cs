using System.Globalization;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>
/// The place of a frame: the cursor of the event that it came from, and its number among that event's frames, from 1.
/// Written <c>{cursor}.{number}</c>; a cursor alone is the place behind all frames of its event.
/// </summary>
/// <param name="Cursor">The event's cursor.</param>
/// <param name="Number">The frame's number among the event's frames.</param>
internal readonly record struct FramePlace(Cursor Cursor, int Number)
{
    /// <summary>Reads <c>{cursor}.{number}</c> or <c>{cursor}</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">The place, when the answer is true.</param>
    /// <returns>Whether the text is a place.</returns>
    public static bool TryParse(string text, out FramePlace place)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var number = int.MaxValue;
        var isPlace = Cursor.TryParse(dot < 0 ? text : text.AsSpan(0, dot), out var cursor)
            && (dot < 0 || int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number));
        place = new FramePlace(cursor, number);
        return isPlace;
    }

    /// <summary>Whether this place is behind another.</summary>
    public bool IsBehind(FramePlace other) => Cursor == other.Cursor ? Number > other.Number : Cursor > other.Cursor;

    /// <summary>Where a request that continues says that its last frame stood: null when it says nothing.</summary>
    /// <param name="text">The header <c>Last-Event-ID</c>.</param>
    /// <returns>The place.</returns>
    /// <exception cref="InvalidInputException">The text is no place.</exception>
    public static FramePlace? Read(string? text) => text switch
    {
        null or "" => null,
        _ when TryParse(text, out var place) => place,
        _ => throw new InvalidInputException("Last-Event-ID", "must be {milliseconds}-{sequence}.{number}, as a frame's id gives it"),
    };
}
