using System.Collections.Immutable;
using AgentStream.Background;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>The channels that this process listens to: one subscription for each, whatever the number of its watchers.</summary>
internal sealed class RedisNotices : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Topic> _topics = [];
    private readonly RedisConnection _connection;
    private readonly ILogger _logger;
    private bool _isDisposed;

    public RedisNotices(RedisConnection connection, ILogger logger)
    {
        (_connection, _logger) = (connection, logger);
        connection.Restored += SubscribeAllAgain;
    }

    /// <summary>How many channels are subscribed to.</summary>
    public int ChannelCount
    {
        get
        {
            lock (_gate)
            {
                return _topics.Count;
            }
        }
    }

    /// <summary>Watches a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="heard">Called with each message, on any thread; null says that some may have been lost.</param>
    /// <param name="cancellationToken">Gives up waiting for the subscription.</param>
    /// <returns>Ends the watch when disposed.</returns>
    public async Task<IAsyncDisposable> WatchAsync(string channel, Action<byte[]?> heard, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Topic? topic;

        // A delegate of its own, so that two watches with the same callback stay two.
        Action<byte[]?> watcher = message => heard(message);
        lock (_gate)
        {
            if (!_topics.TryGetValue(channel, out topic))
            {
                topic = new Topic(channel, _logger);
                _topics.Add(channel, topic);
                topic.Subscribed = SubscribeAsync(topic);
            }

            topic.Watchers = topic.Watchers.Add(watcher);
        }

        try
        {
            await topic.Subscribed.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(topic, watcher);
            throw;
        }

        return new Disposal(() => Leave(topic, watcher));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Restored -= SubscribeAllAgain;
        lock (_gate)
        {
            _isDisposed = true;
        }
    }

    private async Task SubscribeAsync(Topic topic)
    {
        if (!await _connection.SubscribeAsync(topic.Channel, topic.Hear))
        {
            throw new StorageUnavailableException($"Redis could not subscribe to channel {topic.Name}: the connection for notices is down.");
        }
    }

    private void Leave(Topic topic, Action<byte[]?> watcher)
    {
        // Under the lock, so that a subscription that another watcher makes meanwhile is sent behind this end, not before it.
        lock (_gate)
        {
            topic.Watchers = topic.Watchers.Remove(watcher);
            if (topic.Watchers.IsEmpty)
            {
                _topics.Remove(topic.Name);
                Unsubscribe(topic);
            }
        }
    }

    private void SubscribeAllAgain()
    {
        lock (_gate)
        {
            foreach (var topic in _topics.Values)
            {
                _ = SubscribeAgainAsync(topic);
            }
        }
    }

    /// <summary>
    /// Subscribes anew after an outage. The client does so by itself, but not reliably: what broke at a bad moment it leaves alone for up to a minute.
    /// </summary>
    private Task SubscribeAgainAsync(Topic topic) => new Rounds($"Listening to channel {topic.Name}", _logger).RunUntilAsync(
        async _ =>
        {
            Task subscribed;
            lock (_gate)
            {
                if (topic.Watchers.IsEmpty || _isDisposed)
                {
                    return true;
                }

                Unsubscribe(topic);
                subscribed = topic.Subscribed = SubscribeAsync(topic);
            }

            await subscribed;

            // Only now: who looks for itself from here on misses nothing.
            topic.Tell(null);
            return true;
        },
        stopping => Task.Delay(RetryAfter, _connection.Time, stopping),
        CancellationToken.None);

    private void Unsubscribe(Topic topic) =>
        _connection.TellSubscriber(subscriber => subscriber.UnsubscribeAsync(topic.Channel, topic.Hear, CommandFlags.FireAndForget));

    private sealed class Topic
    {
        private readonly ILogger _logger;

        public Topic(string name, ILogger logger)
        {
            (Name, _logger) = (name, logger);
            Channel = new RedisChannel(name, RedisChannel.PatternMode.Literal);
            Hear = (_, message) => Tell(message);
        }

        public string Name { get; }

        public RedisChannel Channel { get; }

        public Action<RedisChannel, RedisValue> Hear { get; }

        public Task Subscribed { get; set; } = Task.CompletedTask;

        public ImmutableArray<Action<byte[]?>> Watchers { get; set; } = [];

        public void Tell(byte[]? message)
        {
            foreach (var watcher in Watchers)
            {
                try
                {
                    watcher(message);
                }
                catch (Exception exception)
                {
                    // One watcher's fault is not the others'.
                    _logger.LogError(exception, "A notice of channel {Channel} could not be told.", Name);
                }
            }
        }
    }
}
