namespace AgentStream.Storage.Tailing;

/// <summary>
/// Events that came with notices, until the tail takes them. Notices may come out of their order, twice or not at all; what joins on to what the tail has is taken, and of the rest it only
/// remembers that there is some: the log has it.
/// </summary>
internal sealed class NoticedEntries
{
    // More than this waits only when the tail is far behind; then one read of the log is the shorter way.
    private const int Most = 32;

    private readonly Lock _gate = new();
    private readonly List<StreamNotice> _waiting = [];
    private bool _isAll = true;

    /// <summary>Takes a notice, from any thread.</summary>
    public void Add(StreamNotice notice)
    {
        lock (_gate)
        {
            if (notice.Events.Count == 0 || _waiting.Count == Most)
            {
                // A cancel, too: how the run stands, only the log says.
                _isAll = false;
                _waiting.Clear();
            }
            else if (_isAll)
            {
                _waiting.Add(notice);
            }
        }
    }

    /// <summary>Takes what joins on to a place.</summary>
    /// <param name="tail">The place of the last event that the tail has.</param>
    /// <param name="isAll">Whether that is all that is known of; otherwise the log has to be asked, and what still waits here is dropped.</param>
    /// <returns>The events behind the place, without a gap.</returns>
    public IReadOnlyList<StreamEntry> TakeBehind(Cursor tail, out bool isAll)
    {
        lock (_gate)
        {
            List<StreamEntry> taken = [];
            for (var found = true; found;)
            {
                _waiting.RemoveAll(notice => notice.Events[^1].Cursor <= tail);
                var next = _waiting.FindIndex(notice => notice.After == tail);
                found = next >= 0;
                if (found)
                {
                    taken.AddRange(_waiting[next].Events);
                    tail = taken[^1].Cursor;
                }
            }

            isAll = _isAll && _waiting.Count == 0;
            _isAll = true;
            _waiting.Clear();
            return taken;
        }
    }
}
