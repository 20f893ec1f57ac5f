using System.Globalization;
using System.Text.Json;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Neighbours;

/// <summary>The Python library's way of doing it, as docs/protocol.md tells it, in a script of ours over redis-py: <c>python_way.py</c>.</summary>
internal static class PythonWay
{
    // Debian's, since python3-redis is installed for it.
    private const string Program = "/usr/bin/python3";

    public static async Task<string> VersionsAsync() =>
        (await Children.RunAsync(Program, "-c", "import platform, redis; print(f'Python {platform.python_version()}, redis-py {redis.__version__}')")).Trim();

    /// <summary>One awaited XADD an event, runs at once.</summary>
    /// <returns>Entries per second.</returns>
    public static async Task<double> AppendAsync(Stage stage, int entries, int streams)
    {
        await stage.ClearAsync();
        return (await RunAsync(stage, "append", streams, entries / streams)).GetProperty("rate").GetDouble();
    }

    /// <summary>Listeners that each block in an XREAD on a connection of their own.</summary>
    /// <returns>Events per second in listeners' hands.</returns>
    public static async Task<double> ListenAsync(Stage stage, int listeners, int streams, int entries)
    {
        await stage.ClearAsync();
        return (await RunAsync(stage, "listen", streams, entries, listeners / streams)).GetProperty("rate").GetDouble();
    }

    /// <summary>A SCAN for the live flags of a user.</summary>
    /// <returns>Milliseconds.</returns>
    public static async Task<double> GetLiveSessionsAsync(Stage stage, string prefix, int live) =>
        await RunAsync(stage, "query", prefix) is var answer && answer.GetProperty("found").GetInt32() == live
            ? answer.GetProperty("ms").GetDouble()
            : throw new InvalidOperationException($"The SCAN found {answer}, not {live} live sessions.");

    /// <summary>Prompts of one session that is saved whole after each.</summary>
    /// <returns>For each prompt, milliseconds and bytes that were sent to Redis.</returns>
    public static async Task<(double[] Milliseconds, double[] Bytes)> HistoryAsync(Stage stage, int prompts, int tokens)
    {
        var answer = await RunAsync(stage, "history", prompts, tokens);
        return (answer.GetProperty("ms").Deserialize<double[]>()!, answer.GetProperty("bytes").Deserialize<double[]>()!);
    }

    private static async Task<JsonElement> RunAsync(Stage stage, string what, params object[] arguments)
    {
        var output = await Children.RunAsync(
            Program,
            [
                Path.Combine(AppContext.BaseDirectory, "Neighbours", "python_way.py"), stage.Redis.Port.ToString(CultureInfo.InvariantCulture), what,
                .. arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!),
            ]);
        return JsonDocument.Parse(output).RootElement;
    }
}
