using AgentStream.Storage.Timers;

namespace AgentStream.Storage.InMemory;

/// <summary>Sessions by time, for as long as their process lives.</summary>
public sealed class InMemorySessionTimers : ISessionTimers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, long> _sessions = [];
    private readonly SortedSet<(long Due, string Session)> _byTime = [];

    /// <inheritdoc/>
    public bool OutlivesProcess => false;

    /// <inheritdoc/>
    public ValueTask SetAsync(RunToken owner, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_gate)
        {
            Remove(owner.Key);
            Add(owner.Key, due.ToUnixTimeMilliseconds());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionKey>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate)
        {
            var due = _byTime.TakeWhile(session => session.Due <= now.ToUnixTimeMilliseconds()).Take(count).Select(session => SessionKey.Parse(session.Session)).ToArray();
            foreach (var key in due)
            {
                Remove(key);
                Add(key, again.ToUnixTimeMilliseconds());
            }

            return new(due);
        }
    }

    /// <inheritdoc/>
    public ValueTask ClearAsync(SessionKey key, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(key, out var known) && known == due.ToUnixTimeMilliseconds())
            {
                Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask MoveAsync(SessionKey key, DateTimeOffset due, DateTimeOffset next, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(key, out var known) && known == due.ToUnixTimeMilliseconds())
            {
                Remove(key);
                Add(key, next.ToUnixTimeMilliseconds());
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_gate)
        {
            Remove(owner.Key);
        }

        return ValueTask.CompletedTask;
    }

    private void Add(SessionKey key, long due)
    {
        _sessions.Add(key, due);
        _byTime.Add((due, key.ToString()));
    }

    private void Remove(SessionKey key)
    {
        if (_sessions.Remove(key, out var due))
        {
            _byTime.Remove((due, key.ToString()));
        }
    }
}
