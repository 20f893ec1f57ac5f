using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>Durations in settings: a number and a unit, such as <c>20ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c> or <c>1d</c>, or .NET's form, such as <c>00:00:10</c>.</summary>
public static class Durations
{
    /// <summary>What a duration may look like, for errors.</summary>
    public const string Rule = "must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10";

    // The longer unit first: "ms" ends with "s", too.
    private static readonly (string Name, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads a duration.</summary>
    /// <param name="text">A number with a unit (<c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>), 0, or .NET's form with colons.</param>
    /// <param name="duration">The duration.</param>
    /// <returns><see langword="true"/> if the text is a duration. A number without a unit is not: .NET would take it for days.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is null)
        {
            return false;
        }

        var trimmed = text.AsSpan().Trim();
        if (trimmed is "0")
        {
            return true;
        }

        if (trimmed.Contains(':'))
        {
            return TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out duration);
        }

        foreach (var (name, length) in Units)
        {
            if (trimmed.EndsWith(name, StringComparison.Ordinal))
            {
                if (!decimal.TryParse(trimmed[..^name.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                    || number > TimeSpan.MaxValue.Ticks / length.Ticks)
                {
                    return false;
                }

                duration = TimeSpan.FromTicks((long)(number * length.Ticks));
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives a section to the configuration binder with its durations in the binder's own form.</summary>
    /// <typeparam name="TOptions">What the section will be bound to; its properties of type <see cref="TimeSpan"/> are durations.</typeparam>
    /// <param name="section">The section.</param>
    /// <returns>The same section, with each duration as the binder takes it.</returns>
    /// <exception cref="OptionsValidationException">A value is not a duration; the message names each setting, the rule and the value.</exception>
    public static IConfigurationSection WithDurations<TOptions>(this IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var values = section.AsEnumerable().ToDictionary(StringComparer.OrdinalIgnoreCase);
        var errors = new List<string>();
        foreach (var property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var path = ConfigurationPath.Combine(section.Path, property.Name);
            if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) != typeof(TimeSpan) || values.GetValueOrDefault(path) is not { Length: > 0 } text)
            {
                continue;
            }

            if (TryParse(text, out var duration))
            {
                values[path] = duration.ToString("c", CultureInfo.InvariantCulture);
            }
            else
            {
                errors.Add($"{path} {Rule}, but is '{text}'.");
            }
        }

        return errors.Count == 0
            ? new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection(section.Path)
            : throw new OptionsValidationException(section.Path, typeof(TOptions), errors);
    }
}
