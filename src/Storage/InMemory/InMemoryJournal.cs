using AgentStream.Storage.Journal;

namespace AgentStream.Storage.InMemory;

/// <summary>A journal that lasts as long as its process.</summary>
public sealed class InMemoryJournal : ISessionJournal
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, Session> _sessions = [];
    private readonly UsageCounts _counts = new();
    private readonly UsageCounts _bytes = new();

    /// <inheritdoc/>
    public bool OutlivesProcess => false;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        lock (_lock)
        {
            return new(_sessions.TryGetValue(key, out var session) ? [.. session.Records.Skip((int)Math.Clamp(afterVersion - session.Dropped, 0, int.MaxValue))] : []);
        }
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
        AppendAsync(owner, expectedVersion, records, limits: null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, LimitOptions? limits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(records);
        var replaced = ReplacedRecords.Before(records, expectedVersion);
        var kept = records.Skip((int)Math.Max(0, replaced - expectedVersion)).ToList();
        var size = kept.Sum(record => (long)JournalRecordJson.Write(record).Length);
        var (name, title, changed) = (JournaledSession.NameOf(records), JournaledSession.TitleOf(records), JournaledSession.ChangedAt(records));
        lock (_lock)
        {
            var session = _sessions.GetValueOrDefault(owner.Key);
            var version = session?.Version ?? 0;
            if (version != expectedVersion)
            {
                throw JournalErrors.OtherVersion(owner, version, expectedVersion);
            }

            var (before, after) = (session?.Bytes ?? 0, replaced > 0 ? size : (session?.Bytes ?? 0) + size);
            UsageOf(owner.Key.UserKey).Check(limits, session is null, before, after);
            Count(owner.Key.UserKey, session is null ? 1 : 0, after - before);
            session ??= _sessions[owner.Key] = new();
            if (replaced > 0)
            {
                session.Records.Clear();
                session.Dropped = replaced;
            }

            session.Records.AddRange(kept);
            (session.Bytes, session.Title) = (after, name ?? session.Title ?? title);
            session.Changed = changed ?? session.Changed ?? records[^1].Timestamp;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<JournalUsage?> GetUsageAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        lock (_lock)
        {
            return new(UsageOf(user));
        }
    }

    /// <inheritdoc/>
    /// <remarks>All sessions of the process are looked at.</remarks>
    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        ListSessionsAsync(user, count, after: null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>All sessions of the process are looked at.</remarks>
    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, JournaledSession? after, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            return new(
            [
                .. _sessions.Where(session => (session.Key.Scope, session.Key.User) == (user.Scope, user.User))
                    .Select(session => new JournaledSession(session.Key, session.Value.Changed!.Value, session.Value.Title))
                    .Where(session => after is null || SessionOrder.IsAfter(session, after))
                    .Order(SessionOrder.LatestFirst)
                    .Take(count),
            ]);
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_lock)
        {
            if (_sessions.Remove(owner.Key, out var session))
            {
                Count(owner.Key.UserKey, -1, -session.Bytes);
            }
        }

        return ValueTask.CompletedTask;
    }

    private JournalUsage UsageOf(UserKey user) => new(_counts.Of(user), _bytes.Of(user));

    private void Count(UserKey user, int sessions, long bytes)
    {
        _counts.Change(user, sessions);
        _bytes.Change(user, bytes);
    }

    private sealed class Session
    {
        public List<JournalRecord> Records { get; } = [];

        /// <summary>How many records an import has replaced.</summary>
        public long Dropped { get; set; }

        public long Bytes { get; set; }

        public string? Title { get; set; }

        public DateTimeOffset? Changed { get; set; }

        public long Version => Dropped + Records.Count;
    }
}
