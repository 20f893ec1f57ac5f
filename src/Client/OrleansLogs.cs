using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>Of Orleans, what goes wrong is logged. A rule of the program's own for the same category, in the configuration or in code, wins.</summary>
internal sealed class OrleansLogs : IConfigureOptions<LoggerFilterOptions>
{
    private static readonly string[] Categories = ["Microsoft.Orleans", "Orleans"];

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        // Of rules for one category the last one counts.
        foreach (var category in Categories)
        {
            options.Rules.Insert(0, new LoggerFilterRule(null, category, LogLevel.Warning, null));
        }
    }
}
