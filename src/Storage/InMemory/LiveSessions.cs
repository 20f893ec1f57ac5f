using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace AgentStream.Storage.InMemory;

/// <summary>The live sessions of each user. It changes under the lock of the session whose flag it mirrors, so the two never differ.</summary>
internal sealed class LiveSessions
{
    private readonly ConcurrentDictionary<UserKey, ImmutableSortedSet<string>> _users = new();

    public IReadOnlyList<SessionKey> Of(UserKey user) => [.. (_users.GetValueOrDefault(user) ?? []).Select(user.Session)];

    public void Add(SessionKey key) => _users.AddOrUpdate(
        new(key.Scope, key.User),
        static (_, session) => ImmutableSortedSet.Create(StringComparer.Ordinal, session),
        static (_, sessions, session) => sessions.Add(session),
        key.Session);

    public void Remove(SessionKey key)
    {
        var user = new UserKey(key.Scope, key.User);
        var left = _users.AddOrUpdate(user, static (_, _) => [], static (_, sessions, session) => sessions.Remove(session), key.Session);
        if (left.IsEmpty)
        {
            // Only if it still is empty: another session may have come.
            _users.TryRemove(KeyValuePair.Create(user, left));
        }
    }
}
