using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>The rules of <see cref="AgentStreamOptions"/>.</summary>
public sealed class AgentStreamOptionsValidator : IValidateOptions<AgentStreamOptions>
{
    /// <summary>Checks every setting.</summary>
    /// <param name="name">Not used: there is one set of settings.</param>
    /// <param name="options">The settings.</param>
    /// <returns>Success, or a sentence for each rule that is broken, which names the setting, the rule and the value.</returns>
    public ValidateOptionsResult Validate(string? name, AgentStreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new SettingErrors(AgentStreamOptions.Section);
        errors.NotEmpty(nameof(options.EventOrigin), options.EventOrigin);
        errors.Within(nameof(options.GracePeriod), options.GracePeriod, TimeSpan.Zero, TimeSpan.FromHours(1));
        errors.Within(nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        errors.Within(nameof(options.ModelSilence), options.ModelSilence, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        errors.Within(nameof(options.ToolTimeout), options.ToolTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        if (options.ApprovalTimeout is { } timeout)
        {
            errors.Within(nameof(options.ApprovalTimeout), timeout, AgentStreamOptions.MinApprovalTimeout, AgentStreamOptions.MaxApprovalTimeout);
        }

        if (options.MaxNodes is < 1 or > 10_000)
        {
            errors.Add(nameof(options.MaxNodes), "must be from 1 to 10000", options.MaxNodes);
        }

        CheckLimits(errors, options.Limits);
        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;
    }

    private static void CheckLimits(SettingErrors errors, LimitOptions limits)
    {
        NotNegative($"{nameof(AgentStreamOptions.Limits)}:{nameof(limits.SessionJournalBytes)}", limits.SessionJournalBytes);
        foreach (var (name, usage) in new[] { (nameof(limits.PerUser), limits.PerUser), (nameof(limits.PerScope), limits.PerScope) })
        {
            var path = $"{nameof(AgentStreamOptions.Limits)}:{name}";
            NotNegative($"{path}:{nameof(usage.LiveRuns)}", usage.LiveRuns);
            NotNegative($"{path}:{nameof(usage.QueuedPrompts)}", usage.QueuedPrompts);
            NotNegative($"{path}:{nameof(usage.Sessions)}", usage.Sessions);
            NotNegative($"{path}:{nameof(usage.JournalBytes)}", usage.JournalBytes);
            NotNegative($"{path}:{nameof(usage.Listeners)}", usage.Listeners);
            NotNegative($"{path}:{nameof(usage.PromptsPerMinute)}", usage.PromptsPerMinute);
            NotNegative($"{path}:{nameof(usage.TokensPerDay)}", usage.TokensPerDay);
        }

        void NotNegative(string setting, long value)
        {
            if (value < 0)
            {
                errors.Add(setting, "must be 0, for no limit, or more", value);
            }
        }
    }
}
