using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Upgrades;

/// <summary>What a Redis has below a prefix, as commands that put it there: one JSON array a line. Dumps of Redis are of its own version, and commands are not.</summary>
internal static class RedisCommands
{
    // In a file, in the place of the prefix.
    private const string Prefix = "PREFIX";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes down what does not expire. Data Protection's keys are no data.</summary>
    public static async Task SaveAsync(RawRedis redis, string prefix, string path)
    {
        var commands = new List<string[]>();
        foreach (var key in (await redis.TextsAsync("KEYS", $"{prefix}:*")).Order(StringComparer.Ordinal))
        {
            if (await redis.NumberAsync("PTTL", key!) < 0 && !key!.Contains(":#keys", StringComparison.Ordinal))
            {
                commands.AddRange(await CommandsAsync(redis, key));
            }
        }

        await File.WriteAllLinesAsync(path, commands.Select(command => JsonSerializer.Serialize(command, Readable).Replace($"{prefix}:", $"{Prefix}:", StringComparison.Ordinal)));
    }

    /// <summary>Puts it below another prefix.</summary>
    public static async Task LoadAsync(RawRedis redis, string prefix, string path)
    {
        foreach (var line in await File.ReadAllLinesAsync(path))
        {
            await redis.CallAsync(JsonSerializer.Deserialize<string[]>(line.Replace($"{Prefix}:", $"{prefix}:", StringComparison.Ordinal))!);
        }
    }

    private static async Task<IEnumerable<string[]>> CommandsAsync(RawRedis redis, string key)
    {
        var type = (await redis.TextAsync("TYPE", key))!;
        switch (type)
        {
            case "string":
                return [["SET", key, (await redis.TextAsync("GET", key))!]];
            case "hash":
                return [["HSET", key, .. await AllAsync(redis, "HGETALL", key)]];
            case "list":
                return [["RPUSH", key, .. await AllAsync(redis, "LRANGE", key, "0", "-1")]];
            case "set":
                return [["SADD", key, .. await AllAsync(redis, "SMEMBERS", key)]];
            case "zset":
                return (await AllAsync(redis, "ZRANGE", key, "0", "-1", "WITHSCORES")).Chunk(2).Select(pair => (string[])["ZADD", key, pair[1], pair[0]]);
            case "stream":
                var entries = (object?[])(await redis.CallAsync("XRANGE", key, "-", "+"))!;
                return entries.Cast<object?[]>().Select(entry => (string[])["XADD", key, (string)entry[0]!, .. ((object?[])entry[1]!).Cast<string>()]);
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{key} is a {type}."));
        }
    }

    private static async Task<string[]> AllAsync(RawRedis redis, params string[] command) => [.. (await redis.TextsAsync(command)).Select(text => text!)];
}
