namespace AgentStream.Simulation.Tests;

/// <summary>A listener: it reads behind its cursor, a few entries at a time, and keeps what it saw.</summary>
internal sealed class Reader(World world, SessionKey key, int id)
{
    private readonly List<StreamEntry> _seen = [];

    /// <summary>Reads once.</summary>
    /// <returns>Whether there was something, or something may come.</returns>
    public async Task<bool> ReadAsync(int count)
    {
        var session = world.Book.Of(key);
        var slice = await world.Log.ReadAsync(key, _seen.Count == 0 ? Cursor.Start : _seen[^1].Cursor, count);
        _seen.AddRange(slice.Events);
        if (slice.Events.Count == 0 && !slice.IsOpen && session.Owner is not null)
        {
            world.Book.Fail($"6: {this} was told that nothing more comes, and {world.Book.Name(session.Owner)} is under way");
        }

        if (slice.Events.Count == 0 && slice.IsOpen && session.Owner is null)
        {
            world.Book.Fail($"6: {this} was told that more may come, and no run is under way");
        }

        return slice.IsOpen || slice.Events.Count > 0;
    }

    /// <summary>Holds what was seen against what stood in the stream: each later event once, in order; only runs that a later one superseded may be left out.</summary>
    public void Compare()
    {
        var session = world.Book.Of(key);
        var place = -1;
        foreach (var item in _seen)
        {
            var next = session.History.FindIndex(known => known.Cursor == item.Cursor);
            if (next <= place || (next > place + 1 && !item.IsBegin) || !session.History[next].Body.Span.SequenceEqual(item.Body.Span))
            {
                world.Book.Fail($"6: {this} saw {item.Cursor} {item.Type}, which is entry {next}, behind entry {place}");
                return;
            }

            place = next;
        }

        if (place != session.History.Count - 1 && !session.HasExpired)
        {
            world.Book.Fail($"6: {this} saw {place + 1} of {session.History.Count} entries, and was told that nothing more comes");
        }
    }

    public override string ToString() => $"reader {id} of {key.Session}";
}
