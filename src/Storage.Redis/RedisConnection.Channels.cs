using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Subscriptions to channels.</summary>
public sealed partial class RedisConnection
{
    /// <summary>Subscribes to a channel.</summary>
    /// <returns>Whether the server was told: without a connection the client only notes the wish, and says nothing.</returns>
    internal Task<bool> SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> heard) => RunAsync(
        $"subscribe to channel {channel}",
        (channel, heard),
        static async (multiplexer, wish) =>
        {
            var subscriber = multiplexer.GetSubscriber();
            await subscriber.SubscribeAsync(wish.channel, wish.heard);
            return subscriber.SubscribedEndpoint(wish.channel) is not null && subscriber.IsConnected(wish.channel);
        },
        CancellationToken.None);

    /// <summary>Subscribes to a channel whose messages are heard one after the other, in their order.</summary>
    /// <returns>The subscription; null when the server was not told.</returns>
    internal Task<ChannelMessageQueue?> SubscribeInOrderAsync(RedisChannel channel, Action<RedisValue> heard) => RunAsync(
        $"subscribe to channel {channel}",
        (channel, heard),
        static async (multiplexer, wish) =>
        {
            var subscriber = multiplexer.GetSubscriber();
            var queue = await subscriber.SubscribeAsync(wish.channel);
            if (subscriber.SubscribedEndpoint(wish.channel) is null || !subscriber.IsConnected(wish.channel))
            {
                await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
                return null;
            }

            queue.OnMessage(message => wish.heard(message.Message));
            return queue;
        },
        CancellationToken.None);

    /// <summary>Does something with the subscriptions and does not wait for it; a broken connection takes them down by itself.</summary>
    internal void TellSubscriber(Action<ISubscriber> command)
    {
        try
        {
            command(_multiplexer!.GetSubscriber());
        }
        catch (Exception exception) when (exception is RedisException || RedisFaults.IsAway(exception))
        {
            // Nothing is subscribed on a connection that is away.
        }
    }
}
