using System.Collections.Concurrent;

namespace AgentStream.Grains.Recovery;

/// <summary>
/// Orphaned runs whose agent this process does not know. Another may know it: while a new version with a new agent is rolled out, old and new processes look for the same runs. So they
/// are left to others for a while, and only a run that nobody has wanted by then is brought to its end. Runs that are recovered side by side ask here.
/// </summary>
internal sealed class DeferredRuns(TimeProvider time)
{
    /// <summary>How long others have: processes look once a second, and one that is started anew in a rolling restart looks within seconds.</summary>
    internal static readonly TimeSpan OthersHave = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _seen = [];

    /// <summary>Whether a run was found to be strange, and others still have time to take it.</summary>
    public bool IsLeftToOthers(string runId) => _seen.TryGetValue(runId, out var seen) && time.GetElapsedTime(seen) < OthersHave;

    /// <summary>Notes that a run is strange.</summary>
    /// <returns>Whether others have time to take it; false when they had.</returns>
    public bool LeaveToOthers(string runId)
    {
        foreach (var (old, since) in _seen)
        {
            if (old != runId && time.GetElapsedTime(since) > 2 * OthersHave)
            {
                _seen.TryRemove(old, out _);
            }
        }

        return _seen.TryAdd(runId, time.GetTimestamp()) || IsLeftToOthers(runId);
    }
}
