using System.Text.Json;
using System.Text.RegularExpressions;

namespace AgentStream.Deploy.Tests.Prometheus;

/// <summary>A query of the dashboard or of an alert.</summary>
/// <param name="From">Where it is written.</param>
/// <param name="Expression">The query.</param>
internal sealed partial record Query(string From, string Expression)
{
    /// <summary>The queries of the dashboard's panels. What Grafana fills in has values.</summary>
    public static IReadOnlyList<Query> OfDashboard()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read("deploy/grafana/agentstream.json"));
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               from target in panel.GetProperty("targets").EnumerateArray()
               select new Query(
                   panel.GetProperty("title").GetString()!,
                   target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$job", ".+", StringComparison.Ordinal)),
        ];
    }

    public static IEnumerable<Query> OfAlerts() => Alert.All.Select(alert => new Query(alert.Name, alert.Expression));

    /// <summary>The metrics that it asks for, each with its conditions.</summary>
    public IEnumerable<string> Selectors => Selector().Matches(Grouping().Replace(Expression, "")).Select(match => match.Value).Distinct();

    /// <summary>The labels that it groups by.</summary>
    public IEnumerable<string> Labels =>
        Grouping().Matches(Expression).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct();

    [GeneratedRegex(@"(?<![\w""])(?:(?:agentstream|gen_ai|orleans|dotnet|http|kestrel)_\w+(?=[\s{\[)]|$)|up(?=\{))(?:\{[^}]*\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:by|on)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();
}
