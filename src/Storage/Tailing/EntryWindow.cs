namespace AgentStream.Storage.Tailing;

/// <summary>The newest events of a stream without a gap between them: a ring, bounded in events and in bytes. Not thread-safe.</summary>
/// <param name="maxEvents">The most events it holds.</param>
/// <param name="maxBytes">The most bytes of bodies it holds; one event of more is held alone.</param>
internal sealed class EntryWindow(int maxEvents, int maxBytes)
{
    private readonly StreamEntry[] _ring = new StreamEntry[maxEvents];
    private int _first;
    private int _count;
    private long _bytes;

    /// <summary>Every event of the stream between this place (exclusive) and <see cref="Tail"/> (inclusive) is here.</summary>
    public Cursor Floor { get; private set; }

    /// <summary>The place of the newest event, or where the window was set to begin.</summary>
    public Cursor Tail { get; private set; }

    /// <summary>Empties the window and sets it to begin behind a place.</summary>
    public void StartBehind(Cursor place)
    {
        Array.Clear(_ring);
        _first = _count = 0;
        _bytes = 0;
        Floor = Tail = place;
    }

    /// <summary>Adds the stream's next event, and lets the oldest go if there are too many.</summary>
    public void Add(StreamEntry added)
    {
        if (_count == maxEvents)
        {
            LetOldestGo();
        }

        _ring[(_first + _count) % maxEvents] = added;
        _count++;
        _bytes += added.Body.Length;
        Tail = added.Cursor;
        while (_bytes > maxBytes && _count > 1)
        {
            LetOldestGo();
        }
    }

    /// <summary>Copies events behind a place, oldest first.</summary>
    /// <param name="after">The place; not before <see cref="Floor"/>.</param>
    /// <param name="target">Takes the events.</param>
    /// <param name="count">The most to copy.</param>
    public void CopyTo(Cursor after, List<StreamEntry> target, int count)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = At(middle).Cursor <= after ? (middle + 1, high) : (low, middle);
        }

        for (var i = low; i < _count && i < low + count; i++)
        {
            target.Add(At(i));
        }
    }

    private StreamEntry At(int index) => _ring[(_first + index) % maxEvents];

    private void LetOldestGo()
    {
        var oldest = _ring[_first];
        _ring[_first] = null!;
        _first = (_first + 1) % maxEvents;
        _count--;
        _bytes -= oldest.Body.Length;
        Floor = oldest.Cursor;
    }
}
