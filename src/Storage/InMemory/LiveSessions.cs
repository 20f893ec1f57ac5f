namespace AgentStream.Storage.InMemory;

/// <summary>The live sessions of each user, and their number in each scope. It changes under the lock of the session whose flag it mirrors, so the two never differ.</summary>
internal sealed class LiveSessions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserKey, SortedSet<string>> _users = [];
    private readonly UsageCounts _counts = new();

    public IReadOnlyList<SessionKey> Of(UserKey user)
    {
        lock (_gate)
        {
            return _users.TryGetValue(user, out var sessions) ? [.. sessions.Select(user.Session)] : [];
        }
    }

    public UsageCount Count(UserKey user)
    {
        lock (_gate)
        {
            return _counts.Of(user);
        }
    }

    /// <exception cref="LimitExceededException">There are as many as may be.</exception>
    public void Add(SessionKey key, LimitOptions? limits)
    {
        var user = key.UserKey;
        lock (_gate)
        {
            Limit.Check(LimitNames.LiveRuns, _counts.Of(user), limits, limit => limit.LiveRuns, Limit.SoonFree);
            if (!_users.TryGetValue(user, out var sessions))
            {
                _users.Add(user, sessions = new(StringComparer.Ordinal));
            }

            if (sessions.Add(key.Session))
            {
                _counts.Change(user, 1);
            }
        }
    }

    public void Remove(SessionKey key)
    {
        var user = key.UserKey;
        lock (_gate)
        {
            if (!_users.TryGetValue(user, out var sessions) || !sessions.Remove(key.Session))
            {
                return;
            }

            if (sessions.Count == 0)
            {
                _users.Remove(user);
            }

            _counts.Change(user, -1);
        }
    }
}
