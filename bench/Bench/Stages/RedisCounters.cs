using System.Globalization;
using AgentStream.TestTools;

namespace AgentStream.Bench.Stages;

/// <summary>What Redis says of itself.</summary>
internal static class RedisCounters
{
    public static Task<string> ServerVersionAsync(RawRedis redis) => FieldAsync(redis, "server", "redis_version");

    /// <summary>Bytes that clients have sent since the start.</summary>
    public static async Task<long> BytesReceivedAsync(RawRedis redis) => long.Parse(await FieldAsync(redis, "stats", "total_net_input_bytes"), CultureInfo.InvariantCulture);

    /// <summary>Bytes that its data take.</summary>
    public static async Task<long> MemoryAsync(RawRedis redis) => long.Parse(await FieldAsync(redis, "memory", "used_memory"), CultureInfo.InvariantCulture);

    /// <summary>Commands that it has carried out since the start, those of scripts among them.</summary>
    public static async Task<long> CommandsAsync(RawRedis redis) => long.Parse(await FieldAsync(redis, "stats", "total_commands_processed"), CultureInfo.InvariantCulture);

    /// <summary>What it has taken of the processor since the start.</summary>
    public static async Task<TimeSpan> ProcessorTimeAsync(RawRedis redis) => TimeSpan.FromSeconds(
        double.Parse(await FieldAsync(redis, "cpu", "used_cpu_user"), CultureInfo.InvariantCulture)
        + double.Parse(await FieldAsync(redis, "cpu", "used_cpu_sys"), CultureInfo.InvariantCulture));

    /// <summary>Connections besides the one that asks.</summary>
    public static async Task<int> ConnectionsAsync(RawRedis redis) =>
        int.Parse(await FieldAsync(redis, "clients", "connected_clients"), CultureInfo.InvariantCulture) - 1;

    private static async Task<string> FieldAsync(RawRedis redis, string section, string name)
    {
        var info = await redis.TextAsync("INFO", section);
        return info!.Split("\r\n").Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..];
    }
}
