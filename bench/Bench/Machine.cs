using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench;

/// <summary>Where and with what was measured: a figure means nothing without it.</summary>
internal sealed record Machine(
    DateTime Date, string Processor, int Cores, double MemoryGiB, string System, string Runtime, string Orleans, string Redis, string RedisClient, string Python, string LoadAtStart)
{
    /// <summary>The load averages when the last suite was over.</summary>
    public string? LoadAtEnd { get; init; }

    public static async Task<Machine> DescribeAsync(RawRedis redis) => new(
        DateTime.UtcNow,
        FirstField("/proc/cpuinfo", "model name"),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Math.Pow(1024, 3), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        PackageVersion(typeof(Orleans.Grain)),
        await RedisCounters.ServerVersionAsync(redis),
        PackageVersion(typeof(StackExchange.Redis.ConnectionMultiplexer)),
        await PythonWay.VersionsAsync(),
        Load());

    /// <summary>The load averages of 1, 5 and 15 minutes.</summary>
    public static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3));

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Date:yyyy-MM-dd HH:mm} UTC, {Cores} x {Processor}, {MemoryGiB} GiB, {System}, {Runtime}, Orleans {Orleans}, Redis {Redis}, StackExchange.Redis {RedisClient}, {Python}; load average {LoadAtStart}{(LoadAtEnd is null ? "" : $" at the start, {LoadAtEnd} at the end")}");

    private static string PackageVersion(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0].TrimEnd('.');

    private static string FirstField(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "processor";
}
