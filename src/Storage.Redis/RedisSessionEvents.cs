using AgentStream.Logs;
using AgentStream.Storage.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Carries events between processes: each user has a channel, and a process subscribes to it while somebody watches there.</summary>
/// <param name="redis">The connection; it has to be open before events are carried.</param>
/// <param name="options">The settings: the prefix.</param>
/// <param name="logger">Takes what a watcher does not; null for none.</param>
public sealed class RedisSessionEvents(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisSessionEvents>? logger = null) : ISessionEvents, IDisposable
{
    private readonly RedisNotices _notices = new(redis, (logger ?? NullLogger<RedisSessionEvents>.Instance).Safe(), isInOrder: true);

    /// <inheritdoc/>
    public void Publish(SessionEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Key is { } key)
        {
            // Where this gets lost, the watchers' connections are most likely broken, too; and that tells them.
            redis.TellSubscriber(subscriber => subscriber.PublishAsync(RedisChannel.Literal(Channel(key.UserKey)), change.ToJson(), CommandFlags.FireAndForget));
        }
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> WatchAsync(UserKey user, Action<SessionEvent?> heard, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        return _notices.WatchAsync(Channel(user), message => Tell(user, message, heard), cancellationToken);
    }

    /// <summary>Ends the subscriptions.</summary>
    public void Dispose() => _notices.Dispose();

    private static void Tell(UserKey user, byte[]? message, Action<SessionEvent?> heard)
    {
        if (message is null)
        {
            heard(null);
        }
        else if (SessionEvent.FromJson(user, message) is { } change)
        {
            heard(change);
        }
    }

    private string Channel(UserKey user) => RedisKeys.Events(options.Value.RedisPrefix, user);
}
