using AgentStream.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Finds out at the start whether a Redis can do all that runs need, by doing it once: an old server, a command, keys or channels that the user may not use, and Redis Cluster are
/// found here, and not by the first prompt.
/// </summary>
/// <param name="redis">The connection; it has to be open.</param>
/// <param name="options">The settings: the prefix and the timeout.</param>
/// <param name="logger">Takes a warning where Redis may throw away what is in use.</param>
internal sealed class RedisCheck(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisCheck> logger)
{
    // What a Redis Cluster says, or the client before it, of keys that are in different places.
    private static readonly string[] SlotErrors = ["CROSSSLOT", "MOVED", "single slot"];

    // Deleting the keys is part of the check; where that is refused they go by themselves.
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(10);

    private static readonly RedisScript Script = RedisScript.Named("check.lua");

    /// <summary>Checks.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">The Redis will not do; the message is one sentence.</exception>
    /// <exception cref="StorageUnavailableException">Redis is away.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (redis.IsCluster)
        {
            throw NoCluster();
        }

        // No session has such keys: a scope is a number.
        var keys = new RedisKey[6];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = $"{options.Value.RedisPrefix}:check:{Guid.NewGuid():N}";
        }

        await AskAsync("SUBSCRIBE, PUBLISH", () => HearAsync($"{keys[0]}:notice", heard => CallAsync(keys, heard, cancellationToken), cancellationToken));
        await AskAsync("SCAN", () => redis.RunAsync("scan", database => database.ExecuteAsync("SCAN", "0", "COUNT", "1"), cancellationToken));
    }

    private async Task CallAsync(RedisKey[] keys, string channel, CancellationToken cancellationToken)
    {
        // The first time the client sends the script whole, the second time by its hash.
        string[] answer = [];
        foreach (var how in (string[])["EVAL", "EVALSHA"])
        {
            answer = (string[])(await AskAsync(how, () => redis.ScriptAsync("check what it can do", Script, keys, [channel, RedisKeys.Milliseconds(Stay)], cancellationToken)))!;
            if (answer is [_, var command, var error, ..])
            {
                throw RedisFaults.IsAwayAnswer(error)
                    ? new StorageUnavailableException($"Redis at {redis.Where} answers {command} with '{RedisFaults.Short(error)}'.")
                    : Refused(command, error);
            }
        }

        WarnOfEviction(answer[0]);
    }

    /// <summary>Listens to a channel while something is published there.</summary>
    private async Task<bool> HearAsync(string channel, Func<string, Task> publish, CancellationToken cancellationToken)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var name = RedisChannel.Literal(channel);
        Action<RedisChannel, RedisValue> hear = (_, _) => heard.TrySetResult();
        await redis.SubscribeAsync(name, hear);
        try
        {
            await publish(channel);
            await heard.Task.WaitAsync(options.Value.RedisTimeout, redis.Time, cancellationToken);
            return true;
        }
        catch (TimeoutException exception)
        {
            throw new StorageUnavailableException($"Redis at {redis.Where} cannot be reached: what it is told to publish is not heard.", exception);
        }
        finally
        {
            redis.TellSubscriber(subscriber => subscriber.UnsubscribeAsync(name, hear, CommandFlags.FireAndForget));
        }
    }

    private async Task<T> AskAsync<T>(string command, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (StorageRefusedException exception)
        {
            throw Refused(command, exception.InnerException!.Message);
        }
    }

    private void WarnOfEviction(string policy)
    {
        if (policy is not ("" or "noeviction"))
        {
            logger.Safe().EvictionPolicy(redis.Where, policy);
        }
    }

    private OptionsValidationException NoCluster() => RedisHandshake.WillNotDo(redis.Where, "it is a Redis Cluster, which is not supported; a single primary is needed, with replicas and Sentinel if you like");

    private OptionsValidationException Refused(string command, string error) =>
        SlotErrors.Any(word => error.Contains(word, StringComparison.Ordinal)) ? NoCluster() : RedisHandshake.WillNotDo(redis.Where, options.Value.RedisPrefix, command, error);
}
