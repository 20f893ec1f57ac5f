using System.Collections.Concurrent;
using System.Collections.Immutable;
using AgentStream.Storage.Sessions;

namespace AgentStream.Storage.InMemory;

/// <summary>Carries events within this process.</summary>
public sealed class InMemorySessionEvents : ISessionEvents
{
    private readonly ConcurrentDictionary<UserKey, ImmutableArray<Action<SessionEvent?>>> _users = new();

    /// <inheritdoc/>
    public void Publish(SessionEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Key is { } key)
        {
            foreach (var heard in _users.GetValueOrDefault(key.UserKey, []))
            {
                heard(change);
            }
        }
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(UserKey user, Action<SessionEvent?> heard, CancellationToken cancellationToken = default)
    {
        // A delegate of its own, so that two watches with the same callback stay two.
        Action<SessionEvent?> watcher = change => heard(change);
        _users.AddOrUpdate(user, _ => [watcher], (_, watchers) => watchers.Add(watcher));
        return Task.FromResult<IAsyncDisposable>(new Disposal(() => Leave(user, watcher)));
    }

    private void Leave(UserKey user, Action<SessionEvent?> watcher)
    {
        var left = _users.AddOrUpdate(user, _ => [], (_, watchers) => watchers.Remove(watcher));
        if (left.IsEmpty)
        {
            // Only if it still is empty: another watcher may have come.
            _users.TryRemove(KeyValuePair.Create(user, left));
        }
    }
}
