namespace AgentStream.Deploy.Tests.Prometheus;

/// <summary>An alert of <c>deploy/prometheus/alerts.yml</c>.</summary>
internal sealed record Alert(string Name, string Expression, string Severity, string Summary, string Description)
{
    public static IReadOnlyList<Alert> All { get; } =
    [
        .. from rule in Yaml.Read("deploy/prometheus/alerts.yml").Single().At("groups", 0, "rules").Items()
           select new Alert(rule.Text("alert"), rule.Text("expr"), rule.Text("labels", "severity"), rule.Text("annotations", "summary"), rule.Text("annotations", "description")),
    ];
}
