using AgentStream.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>Exports what AgentStream tells of itself.</summary>
public static class AgentStreamTelemetryHostApplicationBuilderExtensions
{
    private const string ServiceName = "OTEL_SERVICE_NAME";
    private const string ResourceAttributes = "OTEL_RESOURCE_ATTRIBUTES";

    private const string AgentStream = "AgentStream";

    // Calls of grains, by which the trace of a request gets into a run on another silo.
    private const string OrleansCalls = "Microsoft.Orleans.Application";
    private const string OrleansMeter = "Microsoft.Orleans";

    // Adds what it knows of a call to the span of the tool.
    private const string Mcp = "Experimental.ModelContextProtocol";

    /// <summary>
    /// Sets up OpenTelemetry for AgentStream, Orleans, ASP.NET Core, HTTP clients and the .NET runtime. Traces and metrics go out by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, or the
    /// same for one of the two, is set; the other variables of OpenTelemetry count, too. With <c>AgentStream:Telemetry:Prometheus</c>, metrics can be asked for
    /// (<see cref="Microsoft.AspNetCore.Builder.AgentStreamMetricsEndpointRouteBuilderExtensions.MapAgentStreamMetrics"/>). Without any of these, this adds nothing.
    /// Requests below <c>/health</c> and <c>/metrics</c> have no spans.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <returns>The program.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="OptionsValidationException">A setting breaks its rule; the message names it.</exception>
    public static IHostApplicationBuilder AddAgentStreamTelemetry(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = TelemetrySettings.Read(builder.Configuration);
        if (settings is { Traces: false, Metrics: false, Prometheus: false })
        {
            return builder;
        }

        var telemetry = builder.Services.AddOpenTelemetry();
        if (string.IsNullOrEmpty(builder.Configuration[ServiceName]) && builder.Configuration[ResourceAttributes]?.Contains("service.name=", StringComparison.Ordinal) is not true)
        {
            telemetry.ConfigureResource(resource => resource.AddService("agentstream"));
        }

        if (settings.Traces)
        {
            telemetry.WithTracing(traces => traces
                .AddSource(AgentStream, OrleansCalls, Mcp)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = IsOfSomebody)
                .AddHttpClientInstrumentation()
                .AddOtlpExporter());
        }

        if (settings.Metrics || settings.Prometheus)
        {
            telemetry.WithMetrics(metrics => Export(settings, metrics
                .AddMeter(AgentStream, OrleansMeter, Mcp)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()));
        }

        return builder;
    }

    // Probes and scrapes come every few seconds, and would hide the rest.
    private static bool IsOfSomebody(HttpContext context) => !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/metrics");

    private static void Export(TelemetrySettings settings, MeterProviderBuilder metrics)
    {
        if (settings.Metrics)
        {
            metrics.AddOtlpExporter();
        }

        if (settings.Prometheus)
        {
            metrics.AddPrometheusExporter();
        }
    }
}
