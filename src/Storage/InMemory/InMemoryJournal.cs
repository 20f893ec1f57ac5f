using System.Collections.Concurrent;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.InMemory;

/// <summary>A journal that lasts as long as its process.</summary>
public sealed class InMemoryJournal : ISessionJournal
{
    private readonly ConcurrentDictionary<SessionKey, List<JournalRecord>> _sessions = new();

    /// <inheritdoc/>
    public bool OutlivesProcess => false;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        if (!_sessions.TryGetValue(key, out var records))
        {
            return new([]);
        }

        lock (records)
        {
            return new(records.Skip(checked((int)afterVersion)).ToArray());
        }
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        var all = _sessions.GetOrAdd(owner.Key, _ => []);
        lock (all)
        {
            if (all.Count != expectedVersion)
            {
                throw JournalErrors.OtherVersion(owner, all.Count, expectedVersion);
            }

            all.AddRange(records);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>All sessions of the process are looked at.</remarks>
    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var sessions = new List<JournaledSession>();
        foreach (var (key, records) in _sessions.Where(session => (session.Key.Scope, session.Key.User) == (user.Scope, user.User)))
        {
            lock (records)
            {
                // A refused first append leaves none.
                if (records is [.., var last])
                {
                    sessions.Add(new JournaledSession(key, last.Timestamp, JournaledSession.TitleOf(records)));
                }
            }
        }

        return new([.. sessions.OrderByDescending(session => session.Changed).Take(count)]);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        _sessions.TryRemove(owner.Key, out _);
        return ValueTask.CompletedTask;
    }
}
