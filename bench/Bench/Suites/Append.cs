using System.Diagnostics;
using System.Globalization;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.Messages;

namespace AgentStream.Bench.Suites;

/// <summary>Runs whose model says its tokens as fast as it may: through the agent loop, the run's writer and the fenced script, from the prompt to <c>end</c>.</summary>
internal static class Append
{
    private const double LeastOfRedis = 1.0;
    private const double LeastOfPython = 20;
    private const double LeastOfOneRun = 100_000;

    public static async Task RunAsync(Stage stage)
    {
        await using var runs = await Runs.StartAsync(stage);
        var (naive, python) = (stage.Pick(65_536, 2_048), stage.Pick(8_192, 1_024));
        foreach (var (count, each) in ((int, int)[])[(1, 262_144), (64, 4_096), (1_024, 512)])
        {
            // In the short form with as few as leave each run something to say.
            var ours = count * each / stage.Pick(1, 32);
            var rates = await stage.AlternateAsync(
                () => runs.RateAsync(ours, count),
                () => RedisBenchmark.RateAsync(stage, ours, count),
                () => NaiveClient.RateAsync(stage, naive, count),
                () => PythonWay.AppendAsync(stage, python, count));

            var what = string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? "run" : "runs")}");
            Figure Of(int side) => new("events/s", rates[side]);
            if (count == 1)
            {
                stage.Report.Add(new("append", what, Of(0), Goal: Goal.AtLeast(LeastOfOneRun, "≥ 100,000 events/s")));
            }

            stage.Report.Add(new("append", what, Of(0), "redis-benchmark, XADD x 256 pipelined", Of(1), Goal.RatioAtLeast(LeastOfRedis)));
            stage.Report.Add(new("append", what, Of(0), "an awaited XADD a token, same client", Of(2)));
            stage.Report.Add(new("append", what, Of(0), "the Python way", Of(3), Goal.RatioAtLeast(LeastOfPython)));
        }
    }

    /// <summary>A runtime without grains, and its runs.</summary>
    internal sealed class Runs(Stage stage, StandaloneRuntime runtime, Agent agent, string prefix) : IAsyncDisposable
    {
        private int _sessions;

        public static async Task<Runs> StartAsync(Stage stage)
        {
            var prefix = TestTools.RedisServer.NewPrefix();
            var runtime = await StandaloneRuntime.StartAsync(
                stage.Redis.Configuration,
                options => options.GracePeriod = TimeSpan.FromMinutes(1),
                storage => (storage.RedisPrefix, storage.RedisTimeout) = (prefix, TimeSpan.FromMinutes(1)));
            return new(stage, runtime, runtime.NewAgent("bench", agent => agent.UseChatClient(_ => new PlannedModel(new Gate()))), prefix);
        }

        /// <summary>Runs at once.</summary>
        /// <returns>Events per second, from the first start to the last <c>end</c>.</returns>
        /// <exception cref="InvalidOperationException">A stream has not what was said.</exception>
        public async Task<double> RateAsync(int tokens, int count)
        {
            await stage.ClearAsync();
            var plan = new TokenPlan(tokens / count);
            var keys = Enumerable.Range(0, count).Select(_ => new SessionKey(1, 1, string.Create(CultureInfo.InvariantCulture, $"s{_sessions++}"))).ToList();
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(keys.Select(key => Task.Run(() => OneAsync(key, plan))));
            var took = Stopwatch.GetElapsedTime(started);

            foreach (var key in keys)
            {
                var there = await stage.Raw.NumberAsync("XLEN", $"{prefix}:{key}");
                if (there != plan.Tokens + TokenPlan.OtherEvents)
                {
                    throw new InvalidOperationException($"The stream of {key} has {there} entries, not {plan.Tokens + TokenPlan.OtherEvents}.");
                }
            }

            return count * (plan.Tokens + TokenPlan.OtherEvents) / took.TotalSeconds;
        }

        public ValueTask DisposeAsync() => runtime.DisposeAsync();

        private Task OneAsync(SessionKey key, TokenPlan plan)
        {
            // Kept as one document, as with the Python library, but without a store behind it: neither do the neighbours have one.
            var session = new StandaloneSession(_ => new([]), (messages, _) =>
            {
                ModelMessages.ToJson(messages);
                return ValueTask.CompletedTask;
            });
            return runtime.RunAsync(session, agent, plan.ToString(), runtime.NewDeps(key));
        }
    }
}
