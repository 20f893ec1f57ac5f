using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>What it takes until a Redis can be used, and what is said of one that cannot.</summary>
internal static class RedisHandshake
{
    private const int ConnectAttempts = 3;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SubscriberPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Connects. Tries a little more than once: on a busy machine a first handshake can fail, and that is no verdict on the address.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var connecting = ConnectionMultiplexer.ConnectAsync(options);
            try
            {
                return await connecting.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // It may come yet, and is not wanted any more.
                _ = connecting.ContinueWith(
                    static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
                throw;
            }
            catch (RedisConnectionException) when (attempt < ConnectAttempts)
            {
                await Task.Delay(ConnectPause, time, cancellationToken);
            }
        }
    }

    /// <summary>Waits for the connection for notices: the client is content when the one for commands stands.</summary>
    /// <exception cref="StorageUnavailableException">It does not come up.</exception>
    /// <exception cref="StorageRefusedException">The user may not subscribe to channels.</exception>
    public static async Task AwaitSubscriberAsync(RedisConnection redis, StorageOptions options, CancellationToken cancellationToken)
    {
        var channel = RedisChannel.Literal($"{options.RedisPrefix}:#silo:probe");
        Action<RedisChannel, RedisValue> ignore = static (_, _) => { };
        for (var started = redis.Time.GetTimestamp(); ;)
        {
            StorageUnavailableException? away = null;
            try
            {
                if (await redis.SubscribeAsync(channel, ignore))
                {
                    return;
                }
            }
            catch (StorageUnavailableException exception)
            {
                away = exception;
            }
            finally
            {
                redis.TellSubscriber(subscriber => subscriber.UnsubscribeAsync(channel, ignore, CommandFlags.FireAndForget));
            }

            if (redis.Time.GetElapsedTime(started) > options.RedisTimeout)
            {
                throw new StorageUnavailableException($"Redis at {redis.Where} cannot be reached: the connection for notices does not come up.", away);
            }

            await Task.Delay(SubscriberPause, redis.Time, cancellationToken);
        }
    }

    /// <summary>The error of a Redis that is there, but cannot do what is needed of it.</summary>
    /// <param name="where">The Redis.</param>
    /// <param name="why">What it cannot do, as the rest of a sentence.</param>
    public static OptionsValidationException WillNotDo(string where, string why) =>
        new(RedisConnectionString.Setting, typeof(ConfigurationOptions), [$"{RedisConnectionString.Setting} names a Redis that will not do, {where}: {why}."]);

    /// <summary>The error of a Redis that refuses a command.</summary>
    /// <param name="where">The Redis.</param>
    /// <param name="prefix">What all keys and channels begin with.</param>
    /// <param name="command">The command.</param>
    /// <param name="error">The answer.</param>
    public static OptionsValidationException WillNotDo(string where, string prefix, string command, string error)
    {
        var why = error.Contains("nknown", StringComparison.Ordinal) ? $"it does not know {command}" : $"it answers {command} with '{RedisFaults.Short(error)}'";
        return WillNotDo(
            where,
            $"{why}; needed are Redis {RedisConnection.OldestServer} or later, and a user that may use keys and channels that begin with {prefix}: and all commands that are neither @admin nor @dangerous");
    }
}
