using AgentStream.Storage.Sessions;

namespace AgentStream.Storage.InMemory;

/// <summary>Carries events within this process.</summary>
public sealed class InMemorySessionEvents : ISessionEvents
{
    private readonly Watchers<UserKey, SessionEvent?> _users = new();

    /// <inheritdoc/>
    public void Publish(SessionEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Key is { } key)
        {
            _users.Tell(key.UserKey, change);
        }
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(UserKey user, Action<SessionEvent?> heard, CancellationToken cancellationToken = default) =>
        Task.FromResult<IAsyncDisposable>(_users.Add(user, heard));
}
