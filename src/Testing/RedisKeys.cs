using AgentStream.Storage.Redis;
using StackExchange.Redis;

namespace AgentStream.Testing;

internal static class RedisKeys
{
    /// <summary>Deletes all keys of a prefix, on each server that has some.</summary>
    public static async Task DeleteAsync(string redis, string prefix)
    {
        var options = RedisConnectionString.Parse(redis);
        var connection = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            foreach (var server in connection.GetServers().Where(server => !server.IsReplica))
            {
                await foreach (var key in server.KeysAsync(options.DefaultDatabase ?? 0, $"{prefix}:*").ConfigureAwait(false))
                {
                    await connection.GetDatabase().KeyDeleteAsync(key).ConfigureAwait(false);
                }
            }
        }
    }
}
