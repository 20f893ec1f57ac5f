using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Telemetry;

/// <summary>Whether spans have what was said: prompts, answers, and the arguments and results of tools. Only where an operator asks for it.</summary>
/// <param name="IsOn">Whether they have.</param>
internal sealed record ContentCapture(bool IsOn)
{
    /// <summary>The variable that asks for it, which is OpenTelemetry's for all instrumentations of models.</summary>
    public const string Variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    /// <summary>What the settings of a program say; without any, its environment.</summary>
    public static ContentCapture Of(IServiceProvider services) =>
        services.GetService<ContentCapture>() ?? new(IsTrue(services.GetService<IConfiguration>()?[Variable] ?? Environment.GetEnvironmentVariable(Variable)));

    /// <summary>Anything but <c>true</c> is no consent.</summary>
    internal static bool IsTrue(string? value) => string.Equals(value?.Trim(), "true", StringComparison.OrdinalIgnoreCase);
}
