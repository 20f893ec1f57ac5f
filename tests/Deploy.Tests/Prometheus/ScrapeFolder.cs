namespace AgentStream.Deploy.Tests.Prometheus;

/// <summary>A copy of <c>deploy/prometheus</c> with a key, as an operator makes one; gone when disposed.</summary>
internal sealed class ScrapeFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-prometheus-");

    public ScrapeFolder(string key)
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("deploy/prometheus")))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }

        File.WriteAllText(System.IO.Path.Combine(Path, "agentstream.key"), key);
    }

    public string Path => _folder.FullName;

    /// <summary>Has the configuration scrape other silos, more often. A scrape may take as long as it is to the next.</summary>
    public void Scrape(params Uri[] silos)
    {
        var file = System.IO.Path.Combine(Path, "prometheus.yml");
        var text = File.ReadAllText(file);
        string[] names = ["silo-a:8080", "silo-b:8080", "silo-c:8080"];
        foreach (var (silo, name) in silos.Zip(names))
        {
            Assert.Contains(name, text, StringComparison.Ordinal);
            text = text.Replace(name, silo.Authority, StringComparison.Ordinal);
        }

        // A silo that is not there has no place in this test.
        text = string.Join('\n', text.Split('\n').Where(line => !names.Skip(silos.Length).Any(name => line.EndsWith(name, StringComparison.Ordinal))));
        Assert.Contains("scrape_interval: 15s", text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace("_interval: 15s", "_interval: 3s", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
