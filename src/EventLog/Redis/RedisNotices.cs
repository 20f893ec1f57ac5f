using System.Collections.Immutable;
using StackExchange.Redis;

namespace AgentStream.EventLog.Redis;

/// <summary>The channels that this process listens to: one subscription for each, whatever the number of its watchers.</summary>
internal sealed class RedisNotices : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Topic> _topics = [];
    private readonly RedisConnection _connection;

    public RedisNotices(RedisConnection connection)
    {
        _connection = connection;
        connection.Restored += TellAllUnsure;
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
    public async Task<IAsyncDisposable> WatchAsync(string channel, Action<string?> heard, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Topic? topic;

        // A delegate of its own, so that two watches with the same callback stay two.
        Action<string?> watcher = message => heard(message);
        lock (_gate)
        {
            if (!_topics.TryGetValue(channel, out topic))
            {
                topic = new Topic(channel);
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
    public void Dispose() => _connection.Restored -= TellAllUnsure;

    private Task<bool> SubscribeAsync(Topic topic) => _connection.RunAsync(
        $"subscribe to channel {topic.Name}",
        topic,
        static async (multiplexer, topic) =>
        {
            var subscriber = multiplexer.GetSubscriber();
            await subscriber.SubscribeAsync(topic.Channel, topic.Hear);

            // Without a connection the client only notes the wish, and says nothing.
            return subscriber.IsConnected(topic.Channel)
                ? true
                : throw new LogUnavailableException($"Redis could not subscribe to channel {topic.Name}: the connection for notices is down.");
        },
        CancellationToken.None);

    private void Leave(Topic topic, Action<string?> watcher)
    {
        // Under the lock, so that a subscription that another watcher makes meanwhile is sent behind this end, not before it.
        lock (_gate)
        {
            topic.Watchers = topic.Watchers.Remove(watcher);
            if (topic.Watchers.IsEmpty)
            {
                _topics.Remove(topic.Name);
                _connection.TellSubscriber(subscriber => subscriber.UnsubscribeAsync(topic.Channel, topic.Hear, CommandFlags.FireAndForget));
            }
        }
    }

    private void TellAllUnsure()
    {
        Topic[] topics;
        lock (_gate)
        {
            topics = [.. _topics.Values];
        }

        foreach (var topic in topics)
        {
            topic.Tell(null);
        }
    }

    private sealed class Topic
    {
        public Topic(string name)
        {
            Name = name;
            Channel = new RedisChannel(name, RedisChannel.PatternMode.Literal);
            Hear = (_, message) => Tell(message);
        }

        public string Name { get; }

        public RedisChannel Channel { get; }

        public Action<RedisChannel, RedisValue> Hear { get; }

        public Task Subscribed { get; set; } = Task.CompletedTask;

        public ImmutableArray<Action<string?>> Watchers { get; set; } = [];

        public void Tell(string? message)
        {
            foreach (var watcher in Watchers)
            {
                watcher(message);
            }
        }
    }
}
