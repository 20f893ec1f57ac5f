using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace AgentStream.Telemetry.Tests;

/// <summary>What goes out by OTLP, and what the settings may be.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task Spans_and_metrics_get_to_the_collector()
    {
        var got = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            got.AddOrUpdate(signal, _ => Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await collector.StartAsync();

        using var source = new ActivitySource("AgentStream");
        await using (var app = await MetricsApp.StartAsync(
            null,
            _ => { },
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", $"{Wait.Limit.TotalMilliseconds}"),
            ("OTEL_SERVICE_NAME", "my-silo")))
        {
            source.StartActivity("invoke_agent greeter")!.Dispose();
            using var client = MetricsApp.NewClient(app);
            using var noSpansOfTheClient = SuppressInstrumentationScope.Begin();
            foreach (var path in new[] { "somewhere", "health/ready", "metrics" })
            {
                (await client.GetAsync(path)).Dispose();
            }

            // A program that stops gives its exporters a few seconds, and a request's span ends after its answer.
            await Wait.Until(
                () => Flush(app.Services) && got.TryGetValue("traces", out var traces) && traces.Contains("/somewhere", StringComparison.Ordinal) && got.ContainsKey("metrics"), "both signals");
            await app.StopAsync();
        }

        Assert.Contains("invoke_agent greeter", got["traces"], StringComparison.Ordinal);
        Assert.Contains("my-silo", got["traces"], StringComparison.Ordinal);
        Assert.Contains("/somewhere", got["traces"], StringComparison.Ordinal);
        Assert.DoesNotContain("/health/ready", got["traces"], StringComparison.Ordinal);

        // The collector's requests are of the same process.
        Assert.DoesNotMatch("(?<!/v1)/metrics", got["traces"]);
        Assert.Contains("agentstream.entries", got["metrics"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:1", false, true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", true, true)]
    [InlineData("AgentStream:Telemetry:Prometheus", "true", false, true)]
    [InlineData("AgentStream:Telemetry:Prometheus", "false", false, false)]
    public void Only_what_is_asked_for_is_set_up(string? name, string? value, bool traces, bool metrics)
    {
        var builder = Builder(name, value);
        var before = builder.Services.Count;
        builder.AddAgentStreamTelemetry();
        Assert.Equal((traces, metrics), (Has(typeof(TracerProvider)), Has(typeof(MeterProvider))));
        Assert.Equal(traces || metrics, builder.Services.Count != before);

        // Both are registered together; what is not asked for is made of nothing.
        bool Has(Type provider)
        {
            using var services = builder.Services.BuildServiceProvider();
            return services.GetService(provider) is { } made && made.GetType().Name.EndsWith("ProviderSdk", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_switch_of_OpenTelemetry_counts()
    {
        var builder = Builder("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
        builder.Configuration["OTEL_SDK_DISABLED"] = "true";
        var before = builder.Services.Count;
        builder.AddAgentStreamTelemetry();
        Assert.Equal(before, builder.Services.Count);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "user:secret@collector", "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https address, such as http://localhost:4317.")]
    [InlineData("AgentStream:Telemetry:Prometheus", "yes", "AgentStream:Telemetry:Prometheus must be true or false.")]
    public void A_wrong_setting_is_named_with_its_rule(string name, string value, string expected) =>
        Assert.Equal([expected], Assert.Throws<OptionsValidationException>(() => Builder(name, value).AddAgentStreamTelemetry()).Failures);

    private static bool Flush(IServiceProvider services)
    {
        var limit = (int)Wait.Limit.TotalMilliseconds;
        return services.GetRequiredService<TracerProvider>().ForceFlush(limit) && services.GetRequiredService<MeterProvider>().ForceFlush(limit);
    }

    private static HostApplicationBuilder Builder(string? name, string? value)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (name is not null)
        {
            builder.Configuration[name] = value;
        }

        return builder;
    }
}
