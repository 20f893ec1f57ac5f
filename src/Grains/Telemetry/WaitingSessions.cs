using System.Collections.Concurrent;

namespace AgentStream.Grains.Telemetry;

/// <summary>
/// What waits in the sessions whose grains are in this process, as far as those grains have seen it: nobody is asked for it. A session counts from its grain's activation to its deactivation.
/// </summary>
internal sealed class WaitingSessions
{
    private readonly ConcurrentDictionary<SessionKey, Entry> _sessions = new();
    private long _queued;
    private long _waiting;

    /// <summary>How many prompts are queued.</summary>
    public long QueuedPrompts => Interlocked.Read(ref _queued);

    /// <summary>How many runs wait for a person, or for a client.</summary>
    public long WaitingRuns => Interlocked.Read(ref _waiting);

    /// <summary>The session's grain is here.</summary>
    public void Enter(SessionKey key) => _sessions.TryAdd(key, new Entry());

    /// <summary>It is not any more.</summary>
    public void Leave(SessionKey key)
    {
        if (_sessions.TryRemove(key, out var entry))
        {
            Change(entry, (_, _) => (0, false));
        }
    }

    /// <summary>So many prompts are queued for the session.</summary>
    public void SetQueued(SessionKey key, int count) => Change(key, (_, waits) => (count, waits));

    /// <summary>One less is.</summary>
    public void RemoveQueued(SessionKey key) => Change(key, (queued, waits) => (Math.Max(0, queued - 1), waits));

    /// <summary>Whether the session's last run waits for somebody.</summary>
    public void SetWaits(SessionKey key, bool waits) => Change(key, (queued, _) => (queued, waits));

    private void Change(SessionKey key, Func<int, bool, (int Queued, bool Waits)> change)
    {
        // Whoever works for a session beside its grain may come when that has left.
        if (_sessions.TryGetValue(key, out var entry))
        {
            Change(entry, change);
            if (!_sessions.ContainsKey(key))
            {
                Change(entry, (_, _) => (0, false));
            }
        }
    }

    private void Change(Entry entry, Func<int, bool, (int Queued, bool Waits)> change)
    {
        lock (entry)
        {
            var now = change(entry.Queued, entry.Waits);
            Interlocked.Add(ref _queued, now.Queued - entry.Queued);
            Interlocked.Add(ref _waiting, (now.Waits ? 1 : 0) - (entry.Waits ? 1 : 0));
            (entry.Queued, entry.Waits) = now;
        }
    }

    private sealed class Entry
    {
        public int Queued { get; set; }

        public bool Waits { get; set; }
    }
}
