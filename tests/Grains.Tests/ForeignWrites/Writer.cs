using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.ForeignWrites;

/// <summary>Another program on the same Redis: it puts something of a random type and value into a key, in one step.</summary>
internal sealed class Writer(RawRedis redis, Random random, string[] words)
{
    private const string Script = """
        redis.call('DEL', KEYS[1])
        if ARGV[1] == 'SET' then return redis.call('SET', KEYS[1], ARGV[2]) end
        if ARGV[1] == 'SADD' or ARGV[1] == 'RPUSH' then
            for i = 2, #ARGV do redis.call(ARGV[1], KEYS[1], ARGV[i]) end
        elseif ARGV[1] == 'ZADD' then
            for i = 2, #ARGV do redis.call('ZADD', KEYS[1], i * 1e9, ARGV[i]) end
        elseif ARGV[1] == 'HSET' then
            for i = 2, #ARGV - 1, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        else
            for i = 2, #ARGV - 1, 2 do redis.call('XADD', KEYS[1], '*', ARGV[i], ARGV[i + 1]) end
        end
        """;

    private static readonly string[] Types = ["SET", "SADD", "RPUSH", "ZADD", "HSET", "XADD"];
    private static readonly string[] Fields = ["silo", "run", "seq", "last", "begin", "ended", "type", "origin", "body", "record"];

    /// <summary>Writes to a key.</summary>
    /// <returns>What was written, for a message.</returns>
    public async Task<string> WriteAsync(string key)
    {
        // Half of the time the key keeps what it has, and something is added or changed in it.
        if (random.Next(2) == 0 && await redis.CallAsync("TYPE", key) is string type and not "none")
        {
            string[] change = type switch
            {
                "set" => ["SADD", key, Word(), Word()],
                "hash" => ["HSET", key, Field(), Word(), Field(), Word()],
                "list" => [random.Next(2) == 0 ? "LPUSH" : "RPUSH", key, Word()],
                "zset" => ["ZADD", key, random.Next(2) == 0 ? "inf" : "-1.5", Word()],
                "stream" => ["XADD", key, "*", Field(), Word()],
                _ => ["SET", key, Word()],
            };
            await redis.CallAsync(change);
            return string.Join(' ', change);
        }

        var kind = Types[random.Next(Types.Length)];
        var values = Enumerable.Range(0, random.Next(1, 4)).SelectMany(_ => (string[])[kind is "HSET" or "XADD" ? Field() : Word(), Word()]).ToArray();
        await redis.CallAsync(["EVAL", Script, "1", key, kind, .. values]);
        return $"DEL {key}; {kind} {key} {string.Join(' ', values)}";
    }

    private string Field() => Fields[random.Next(Fields.Length)];

    private string Word() => random.Next(4) == 0 ? random.Next().ToString(CultureInfo.InvariantCulture) : words[random.Next(words.Length)];
}
