using System.Globalization;
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

        Between(nameof(options.MaxNodes), options.MaxNodes, 1, 10_000);
        Between(nameof(options.MaxAnswerLength), options.MaxAnswerLength, 1_000, 16_000_000);
        Between(nameof(options.MaxToolCallsPerAnswer), options.MaxToolCallsPerAnswer, 1, 1_000);
        Between(nameof(options.MaxToolArguments), options.MaxToolArguments, 1_000, 16_000_000);
        Between(nameof(options.MaxToolCalls), options.MaxToolCalls, 1, 100_000);
        Between(nameof(options.MaxParallelToolCalls), options.MaxParallelToolCalls, 1, 1_000);
        CheckLimits(errors, options.Limits);
        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;

        void Between(string setting, int value, int least, int most)
        {
            if (value < least || value > most)
            {
                errors.Add(setting, string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most}"), value);
            }
        }
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
