using System.Globalization;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Suites;

/// <summary>What a token costs while nobody listens to spans and metrics, and while both go to a collector and are scraped.</summary>
internal static class Telemetry
{
    private const double LeastWithExporters = 1 / 1.10;
    private const double MostWithPrometheus = 1.25;

    public static async Task RunAsync(Stage stage)
    {
        using var collector = ChildProgram.InRole("collector", ChildProgram.OnFreePort());
        var address = await collector.UrlAsync();
        await using var runs = await Append.Runs.StartAsync(stage);
        foreach (var (count, each) in ((int, int)[])[(1, 262_144), (64, 4_096)])
        {
            var tokens = count * each / stage.Pick(1, 32);
            var sides = await stage.AlternateAsync(
                () => MeasureAsync(runs, tokens, count),
                async () =>
                {
                    await using var exporters = await Exporters.StartAsync(address);
                    return await MeasureAsync(runs, tokens, count);
                });

            var what = string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? "run" : "runs")}, with exporters");
            stage.Report.Add(new("telemetry", what, Rate(1), "without a listener", Rate(0), new("≥ 1/1.10 x", row => row.Ratio >= LeastWithExporters)));
            stage.Report.Add(new("telemetry", what, Bytes(1), "without a listener", Bytes(0)));

            Figure Rate(int side) => new("events/s", [.. sides[side].Select(one => one.Rate)]);
            Figure Bytes(int side) => new("bytes an event", [.. sides[side].Select(one => one.Bytes)]);
        }

        var starts = await stage.AlternateAsync(() => Start.SecondsAsync([]), () => Start.SecondsAsync(["--AgentStream:Telemetry:Prometheus=true"]), () => Start.SecondsAsync([$"--OTEL_EXPORTER_OTLP_ENDPOINT={address}"]));
        stage.Report.Add(new("telemetry", "process start to first token, with Prometheus", new("s", starts[1]), "without", new("s", starts[0]), Goal.RatioAtMost(MostWithPrometheus)));
        stage.Report.Add(new("telemetry", "process start to first token, with OTLP", new("s", starts[2]), "without", new("s", starts[0]), Goal.RatioAtMost(MostWithPrometheus)));
    }

    private static async Task<(double Rate, double Bytes)> MeasureAsync(Append.Runs runs, int tokens, int count)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var rate = await runs.RateAsync(tokens, count);
        return (rate, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)tokens);
    }

    /// <summary>Sends the spans and metrics of this process to a collector, and has the metrics scraped each second.</summary>
    private sealed class Exporters(WebApplication app, CancellationTokenSource stopping, Task<bool> scraping) : IAsyncDisposable
    {
        public static async Task<Exporters> StartAsync(Uri collector)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.ToString();
            builder.Configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            builder.Configuration["AgentStream:Telemetry:Prometheus"] = "true";
            builder.AddAgentStreamTelemetry();
            var app = builder.Build();
            app.MapAgentStreamMetrics();
            await app.StartAsync();
            var stopping = new CancellationTokenSource();
            return new(app, stopping, ScrapeAsync(new Uri(app.Urls.First()), stopping.Token));
        }

        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            var hasSeenEntries = await scraping;
            stopping.Dispose();
            await app.DisposeAsync();
            if (!hasSeenEntries)
            {
                throw new InvalidOperationException("The metrics have no entries.");
            }
        }

        /// <returns>Whether the metrics had entries at last.</returns>
        private static async Task<bool> ScrapeAsync(Uri address, CancellationToken stopping)
        {
            using var http = new HttpClient { BaseAddress = address };
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            try
            {
                while (await timer.WaitForNextTickAsync(stopping))
                {
                    await http.GetStringAsync("metrics", stopping);
                }
            }
            catch (OperationCanceledException)
            {
            }

            return (await http.GetStringAsync("metrics", CancellationToken.None)).Contains("agentstream_entries_total", StringComparison.Ordinal);
        }
    }
}
