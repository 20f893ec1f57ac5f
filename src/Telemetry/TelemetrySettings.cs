using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream.Telemetry;

/// <summary>What is to be exported, and how.</summary>
/// <param name="Traces">Whether traces go out by OTLP.</param>
/// <param name="Metrics">Whether metrics go out by OTLP.</param>
/// <param name="Prometheus">Whether Prometheus may ask for metrics.</param>
internal sealed record TelemetrySettings(bool Traces, bool Metrics, bool Prometheus)
{
    public const string PrometheusSetting = "AgentStream:Telemetry:Prometheus";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="OptionsValidationException">One breaks its rule.</exception>
    public static TelemetrySettings Read(IConfiguration configuration)
    {
        if (IsTrue(configuration, "OTEL_SDK_DISABLED"))
        {
            return new(false, false, false);
        }

        var both = HasEndpoint(configuration, Endpoint);
        return new(both | HasEndpoint(configuration, TracesEndpoint), both | HasEndpoint(configuration, MetricsEndpoint), IsTrue(configuration, PrometheusSetting));
    }

    /// <summary>The value is not said: it may have a password.</summary>
    private static bool HasEndpoint(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value
        && (Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? true
            : throw Wrong($"{name} must be an absolute http or https address, such as http://localhost:4317."));

    private static bool IsTrue(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value && (bool.TryParse(value, out var isTrue) ? isTrue : throw Wrong($"{name} must be true or false."));

    private static OptionsValidationException Wrong(string sentence) => new(nameof(Telemetry), typeof(TelemetrySettings), [sentence]);
}
