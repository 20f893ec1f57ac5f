using AgentStream.Storage;

namespace AgentStream.Grains.Recovery;

/// <summary>Since when this process finds runs orphaned, look for look. Nobody knows better: a process that died has not said when.</summary>
internal sealed class OrphanAges(TimeProvider time)
{
    // Beyond these, the oldest are known all the same.
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private Dictionary<RunToken, long> _since = [];

    /// <summary>How long the oldest has been found again and again; zero when there is none.</summary>
    public TimeSpan Oldest
    {
        get
        {
            lock (_gate)
            {
                return _since.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_since.Values.Min());
            }
        }
    }

    /// <summary>A look is over.</summary>
    /// <param name="found">What it has found.</param>
    /// <param name="isTaken">Which of these somebody has now.</param>
    /// <param name="isAll">Whether it has found all: what it has not is gone then.</param>
    public void Look(IReadOnlyList<RunToken> found, IReadOnlyList<bool> isTaken, bool isAll)
    {
        lock (_gate)
        {
            var (before, now) = (_since, time.GetTimestamp());
            _since = isAll ? [] : before;
            for (var i = 0; i < found.Count; i++)
            {
                if (isTaken[i])
                {
                    _since.Remove(found[i]);
                }
                else if (_since.Count < Most)
                {
                    _since[found[i]] = before.GetValueOrDefault(found[i], now);
                }
            }
        }
    }
}
