using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Health;

/// <summary>The rules of <see cref="AgentStreamHealthOptions"/>.</summary>
internal sealed class AgentStreamHealthOptionsValidator : IValidateOptions<AgentStreamHealthOptions>
{
    public ValidateOptionsResult Validate(string? name, AgentStreamHealthOptions options)
    {
        var errors = new SettingErrors(AgentStreamHealthOptions.Section);
        errors.Within(nameof(options.DrainDelay), options.DrainDelay, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        errors.Within(nameof(options.CheckTimeout), options.CheckTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;
    }
}
