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
    private readonly bool _isInOrder;
    private bool _isDisposed;

    /// <param name="connection">The connection.</param>
    /// <param name="logger">Takes what watchers do not.</param>
    /// <param name="isInOrder">Whether a channel's messages are told in their order. Otherwise they may overtake each other, which costs less.</param>
    public RedisNotices(RedisConnection connection, ILogger logger, bool isInOrder = false)
    {
        (_connection, _logger, _isInOrder) = (connection, logger, isInOrder);
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
            if (_topics.TryGetValue(channel, out topic))
            {
                topic.Watchers = topic.Watchers.Add(watcher);
            }
            else
            {
                topic = new Topic(channel, _logger) { Watchers = [watcher] };
                _topics.Add(channel, topic);
                topic.Subscribed = SubscribeAsync(topic);
            }
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
        if (!await (_isInOrder ? SubscribeInOrderAsync(topic) : _connection.SubscribeAsync(topic.Channel, topic.Hear)))
        {
            throw new StorageUnavailableException($"Redis could not subscribe to channel {topic.Name}: the connection for notices is down.");
        }
    }

    private async Task<bool> SubscribeInOrderAsync(Topic topic)
    {
        if (await _connection.SubscribeInOrderAsync(topic.Channel, message => topic.Tell(message)) is not { } queue)
        {
            return false;
        }

        lock (_gate)
        {
            if (topic.Watchers.IsEmpty)
            {
                // All have left meanwhile.
                _connection.TellSubscriber(_ => queue.UnsubscribeAsync(CommandFlags.FireAndForget));
            }
            else
            {
                topic.Queue = queue;
            }
        }

        return true;
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

    private void Unsubscribe(Topic topic)
    {
        if (!_isInOrder)
        {
            _connection.TellSubscriber(subscriber => subscriber.UnsubscribeAsync(topic.Channel, topic.Hear, CommandFlags.FireAndForget));
        }
        else if (topic.Queue is { } queue)
        {
            topic.Queue = null;
            _connection.TellSubscriber(_ => queue.UnsubscribeAsync(CommandFlags.FireAndForget));
        }
    }

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

        /// <summary>The subscription, where messages are told in their order.</summary>
        public ChannelMessageQueue? Queue { get; set; }

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
                    _logger.NoticeNotTaken(exception, Name);
                }
            }
        }
    }
}
