namespace AgentStream.Storage.Ownership;

/// <summary>Goes round the registered runs, some at a time, so that looking after them costs the same each second however many there are.</summary>
internal sealed class RunCheckRotation(RunRegistry runs)
{
    /// <summary>So many are asked for at a time: about 450 KB to Redis (bench, live). A process with fewer asks for each of them every time.</summary>
    internal const int Most = 8_192;

    private ArraySegment<RunToken> _left = ArraySegment<RunToken>.Empty;

    /// <summary>The runs whose turn it is. Some may have ended since the round began.</summary>
    public IReadOnlyList<RunToken> Next()
    {
        if (runs.Count <= Most)
        {
            return runs.GetRuns();
        }

        var next = new List<RunToken>(Most);
        Take(next);
        if (next.Count < Most)
        {
            _left = runs.GetRuns();
            Take(next);
        }

        return next;
    }

    private void Take(List<RunToken> next)
    {
        var count = Math.Min(Most - next.Count, _left.Count);
        next.AddRange(_left[..count]);
        _left = _left[count..];
    }
}
