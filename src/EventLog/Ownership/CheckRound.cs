namespace AgentStream.EventLog;

/// <summary>Goes through the registered runs again and again, some at a time, so that looking after them costs the same each second however many there are.</summary>
internal sealed class CheckRound(OwnedRuns runs)
{
    /// <summary>So many are asked for at a time: 360 KB to Redis, with keys of the default prefix. A process with fewer asks for each of them every time.</summary>
    internal const int Most = 8_192;

    private ArraySegment<RunToken> _left = [];

    /// <summary>Whether the round is over; the next runs are the first of a new one.</summary>
    public bool IsOver => _left.Count == 0;

    /// <summary>Begins anew: all runs are still to come.</summary>
    public void Restart() => _left = runs.Runs;

    /// <summary>The next runs of this round, or the first of the next one. Some may have ended since the round began.</summary>
    public ArraySegment<RunToken> Next()
    {
        if (IsOver)
        {
            Restart();
        }

        var next = _left[..Math.Min(Most, _left.Count)];
        _left = _left[next.Count..];
        return next;
    }
}
