using System.Globalization;
using Microsoft.Extensions.Options;

namespace AgentStream.Silo.Demo;

/// <summary>The settings of the demo model, from the configuration section <c>AgentStream:Demo</c>.</summary>
internal sealed class DemoOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = AgentStreamOptions.Section + ":Demo";

    /// <summary>How long the model takes for each chunk: 0 to 1 minute.</summary>
    public TimeSpan TokenDelay { get; set; } = TimeSpan.FromMilliseconds(30);
}

/// <summary>The rules of <see cref="DemoOptions"/>.</summary>
internal sealed class DemoOptionsValidator : IValidateOptions<DemoOptions>
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DemoOptions options) =>
        options.TokenDelay >= TimeSpan.Zero && options.TokenDelay <= Most
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{DemoOptions.Section}:{nameof(DemoOptions.TokenDelay)} must be from {TimeSpan.Zero:c} to {Most:c}, but is '{options.TokenDelay}'."));
}
