using System.Globalization;

namespace AgentStream;

/// <summary>The rules of <see cref="AgentStreamOptions"/>.</summary>
public static class AgentStreamOptionsValidator
{
    /// <summary>Checks every setting.</summary>
    /// <param name="options">The settings.</param>
    /// <returns>A sentence for each rule that is broken, naming the setting, the rule and the value; empty when all is well.</returns>
    public static IReadOnlyList<string> Validate(AgentStreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();

        if (string.IsNullOrEmpty(options.RedisPrefix) || options.RedisPrefix.Any(c => char.IsWhiteSpace(c) || c is '{' or '}' or '*'))
        {
            Say(nameof(options.RedisPrefix), "must not be empty nor contain { } * or white space", options.RedisPrefix);
        }

        NotEmpty(nameof(options.RuntimeOrigin), options.RuntimeOrigin);
        NotEmpty(nameof(options.EventOrigin), options.EventOrigin);
        Within(nameof(options.GracePeriod), options.GracePeriod, TimeSpan.Zero, TimeSpan.FromHours(1));
        Within(nameof(options.Lease), options.Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Within(nameof(options.RedisTimeout), options.RedisTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Within(nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Within(nameof(options.ModelSilence), options.ModelSilence, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        Within(nameof(options.ToolTimeout), options.ToolTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));

        if (options.Journal == "file")
        {
            errors.Add(
                $"{AgentStreamOptions.Section}:{nameof(options.Journal)} 'file' is gone: set it to 'sqlite', and {AgentStreamOptions.Section}:{nameof(options.JournalPath)} to the file that is to keep sessions.");
        }
        else if (options.Journal is not (null or "" or "memory" or "sqlite" or "redis"))
        {
            Say(nameof(options.Journal), "must be 'memory', 'sqlite' or 'redis', or be left out", options.Journal);
        }

        if (options.MaxNodes is < 1 or > 10_000)
        {
            Say(nameof(options.MaxNodes), "must be from 1 to 10000", options.MaxNodes);
        }

        return errors;

        void NotEmpty(string name, string value)
        {
            if (string.IsNullOrEmpty(value))
            {
                Say(name, "must not be empty", value);
            }
        }

        void Within(string name, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
            {
                Say(name, $"must be from {least:c} to {most:c}", value);
            }
        }

        void Say(string name, string rule, object? value) =>
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{AgentStreamOptions.Section}:{name} {rule}, but is '{value}'."));
    }
}
