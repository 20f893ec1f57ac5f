using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>Many listeners in one process, of whom some stall: what each takes in memory, how many connections they need, and whether the others notice.</summary>
internal static class Fanout
{
    private const int Runs = 100;

    // Each has a connection of its own there.
    private const int PythonListeners = 500;
    private const double MostConnections = 4;
    private const double MostKiB = 4;
    private const double LeastWithStalled = 0.8;

    public static async Task RunAsync(Stage stage)
    {
        var tokens = stage.Pick(300, 20);
        foreach (var listeners in stage.Pick<int[]>([5_000, 10_000], [1_000]))
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"{listeners:#,0} listeners, {Runs} runs");
            var sides = await stage.AlternateAsync(
                () => OnceAsync(stage, listeners, tokens, stalledPerRun: listeners / Runs / 100 is > 0 and var one ? one : 1),
                () => OnceAsync(stage, listeners, tokens, stalledPerRun: 0),
                async () => new Result(await PythonWay.ListenAsync(stage, PythonListeners, Runs, stage.Pick(10, 3)), 0, 0));
            Figure Of(int side, string unit, Func<Result, double> value) => new(unit, [.. sides[side].Select(value)]);
            stage.Report.Add(new("fanout", $"{what}: Redis connections of the process", Of(0, "", r => r.Connections), Goal: Goal.AlwaysAtMost(MostConnections, "≤ 4")));
            stage.Report.Add(new("fanout", $"{what}: memory of one", Of(0, "KiB", r => r.KiB), Goal: Goal.AtMost(MostKiB, "≤ 4 KiB")));
            stage.Report.Add(new(
                "fanout", $"{what}, 1 % stalled: delivered", Of(0, "events/s", r => r.Rate), "none stalled", Of(1, "events/s", r => r.Rate), Goal.RatioAtLeast(LeastWithStalled)));
            stage.Report.Add(new(
                "fanout", $"{what}, 1 % stalled: delivered", Of(0, "events/s", r => r.Rate), $"the Python way, {PythonListeners} listeners", Of(2, "events/s", r => r.Rate)));
        }

        await Tabs.RunAsync(stage);
    }

    private static async Task<Result> OnceAsync(Stage stage, int listeners, int tokens, int stalledPerRun)
    {
        await stage.ClearAsync();
        var before = await RedisCounters.ConnectionsAsync(stage.Raw);
        await using var silo = await LocalSilo.StartAsync(stage.Redis.Configuration, RedisServer.NewPrefix());
        var keys = Enumerable.Range(0, Runs).Select(i => new SessionKey(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{i}"))).ToList();
        foreach (var key in keys)
        {
            await silo.RunAsync(key, new(tokens, AtGate: true));
        }

        // What a run and its one reader take is not the listeners'.
        var crowd = new Crowd(silo);
        await crowd.AddAsync(keys, perRun: 1, stalledPerRun: 0);
        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        await crowd.AddAsync(keys, (listeners / Runs) - 1, stalledPerRun);
        var kib = (GC.GetTotalMemory(forceFullCollection: true) - bytes) / 1024.0 / (listeners - Runs);
        var connections = await RedisCounters.ConnectionsAsync(stage.Raw) - before;

        await silo.Gate.ReachedAsync(Runs);
        var started = Stopwatch.GetTimestamp();
        silo.Gate.OpenOnce();
        var heard = await crowd.HearAsync();
        var rate = heard.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;

        // All of it came, also to those who stalled, once they continue.
        var each = tokens + TokenPlan.OtherEvents - 1;
        if ((await crowd.GoOnAsync()).Concat(heard).Any(count => count != each))
        {
            throw new InvalidOperationException($"Not every listener heard {each} events.");
        }

        return new(rate, kib, connections);
    }

    private readonly record struct Result(double Rate, double KiB, double Connections);

    /// <summary>Listeners, of whom some take one event and then no more until they are let continue.</summary>
    private sealed class Crowd(LocalSilo silo)
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<Task<int>> _listening = [];
        private readonly List<Task<int>> _stalled = [];
        private int _begun;

        /// <summary>Adds listeners, and waits until each has its first event.</summary>
        public async Task AddAsync(List<SessionKey> keys, int perRun, int stalledPerRun)
        {
            foreach (var key in keys)
            {
                _stalled.AddRange(Enumerable.Range(0, stalledPerRun).Select(_ => ListenAsync(key, isStalled: true)));
                _listening.AddRange(Enumerable.Range(0, perRun - stalledPerRun).Select(_ => ListenAsync(key, isStalled: false)));
            }

            await Wait.Until(() => Volatile.Read(ref _begun) == _listening.Count + _stalled.Count, "every listener has its first event");
        }

        public Task<int[]> HearAsync() => Task.WhenAll(_listening);

        public Task<int[]> GoOnAsync()
        {
            _goOn.SetResult();
            return Task.WhenAll(_stalled);
        }

        private async Task<int> ListenAsync(SessionKey key, bool isStalled)
        {
            var count = 0;
            await foreach (var _ in silo.Client.ListenRawAsync(key))
            {
                if (++count == 1)
                {
                    Interlocked.Increment(ref _begun);
                    if (isStalled)
                    {
                        await _goOn.Task;
                    }
                }
            }

            return count;
        }
    }
}
