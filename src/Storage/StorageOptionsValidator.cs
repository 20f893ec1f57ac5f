using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>The rules of <see cref="StorageOptions"/>.</summary>
public sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    /// <summary>Checks every setting.</summary>
    /// <param name="name">Not used: there is one set of settings.</param>
    /// <param name="options">The settings.</param>
    /// <returns>Success, or a sentence for each rule that is broken, which names the setting, the rule and the value.</returns>
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new SettingErrors(AgentStreamOptions.Section);
        if (string.IsNullOrEmpty(options.RedisPrefix) || options.RedisPrefix.Any(c => char.IsWhiteSpace(c) || c is '{' or '}' or '*'))
        {
            errors.Add(nameof(options.RedisPrefix), "must not be empty nor contain { } * or white space", options.RedisPrefix);
        }

        errors.NotEmpty(nameof(options.RuntimeOrigin), options.RuntimeOrigin);
        errors.Within(nameof(options.Lease), options.Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        errors.Within(nameof(options.RedisTimeout), options.RedisTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        if (options.Journal == "file")
        {
            errors.Add(
                $"{AgentStreamOptions.Section}:{nameof(options.Journal)} 'file' is gone: set it to 'sqlite', and {AgentStreamOptions.Section}:{nameof(options.JournalPath)} to the file that is to keep sessions.");
        }
        else if (options.Journal is not (null or "" or "memory" or "sqlite" or "redis"))
        {
            errors.Add(nameof(options.Journal), "must be 'memory', 'sqlite' or 'redis', or be left out", options.Journal);
        }

        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;
    }
}
