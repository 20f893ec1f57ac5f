namespace AgentStream.Deploy.Tests.Prometheus;

/// <summary>What promtool says of the files of <c>deploy/prometheus</c>.</summary>
public sealed class RuleTests
{
    private static readonly string Folder = Repository.PathOf("deploy/prometheus");

    [Fact]
    public async Task The_alerts_are_valid_and_fire_when_they_should()
    {
        Assert.Contains("SUCCESS", await Tool.RunAsync("promtool", Folder, "check", "rules", "alerts.yml"), StringComparison.Ordinal);
        Assert.Contains("SUCCESS", await Tool.RunAsync("promtool", Folder, "test", "rules", "alerts.test.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_alert_is_seen_to_fire_and_says_what_to_do()
    {
        var test = Repository.Read("deploy/prometheus/alerts.test.yml");
        foreach (var alert in Alert.All)
        {
            Assert.True(test.Contains($"alertname=\"{alert.Name}\"", StringComparison.Ordinal) || test.Contains($"alertname: {alert.Name}\n", StringComparison.Ordinal), $"{alert.Name} has no test in alerts.test.yml.");
            Assert.Contains(alert.Severity, (string[])["page", "ticket"]);
            Assert.True(alert is { Summary.Length: > 20, Description.Length: > 40 }, alert.Name);
        }
    }

    [Fact]
    public async Task The_configuration_is_valid()
    {
        using var copy = new ScrapeFolder("key");
        Assert.Contains("SUCCESS: 1 rule files found", await Tool.RunAsync("promtool", copy.Path, "check", "config", "prometheus.yml"), StringComparison.Ordinal);
    }
}
