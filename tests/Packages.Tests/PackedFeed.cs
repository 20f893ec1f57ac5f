using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AgentStream.Packages.Tests;

/// <summary>
/// All packages of this repository, in a folder that is a source of packages, and a folder outside of the repository where it is configured. What others made is taken
/// from where this machine has it; what was made here is not, so that nothing of an earlier day is tested.
/// </summary>
public sealed partial class PackedFeed : IAsyncLifetime
{
    private readonly string _feed;
    private readonly string _cache;

    public PackedFeed()
    {
        Folder = Directory.CreateTempSubdirectory("agentstream-packages-").FullName;
        _feed = Path.Combine(Folder, "feed");
        _cache = Path.Combine(Folder, "cache");
    }

    /// <summary>Where a user's programs may be.</summary>
    public string Folder { get; }

    /// <summary>What <c>dotnet pack</c> said.</summary>
    public string Log { get; private set; } = "";

    /// <summary>The packages, in the order of their names.</summary>
    internal IReadOnlyList<Package> Packages { get; private set; } = [];

    /// <summary>The version of all of them.</summary>
    internal string Version => Packages[0].Version;

    public async Task InitializeAsync()
    {
        try
        {
            await PackAsync();
        }
        catch (Exception)
        {
            await DisposeAsync();
            throw;
        }
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Whether a program got a package from here.</summary>
    internal bool IsUsed(Package package) => Directory.Exists(Path.Combine(_cache, package.Id.ToLowerInvariant(), package.Version));

    private async Task PackAsync()
    {
        // Packs what was built with these tests, in the version of ordinary builds.
        var configuration = typeof(PackedFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        Log = await Shell.RunAsync(Folder, $"dotnet pack '{Path.Combine(Repository.Root, "AgentStream.sln")}' -c {configuration} -o '{_feed}' --no-build -p:MinVerSkip=true");
        Packages = [.. Directory.GetFiles(_feed, "*.nupkg").Order(StringComparer.Ordinal).Select(path => new Package(path))];
        Configuration(await MachinesAsync(), await SourcesAsync()).Save(Path.Combine(Folder, "nuget.config"));
    }

    private XDocument Configuration(string machines, IEnumerable<string> sources) => new(new XElement(
        "configuration",
        new XElement("config", Add("globalPackagesFolder", _cache)),
        new XElement("fallbackPackageFolders", Add("machine", machines)),
        new XElement("packageSources", Add("agentstream", _feed)),
        new XElement(
            "packageSourceMapping",
            new XElement("packageSource", new XAttribute("key", "agentstream"), Pattern("AgentStream"), Pattern("AgentStream.*")),
            sources.Select(source => new XElement("packageSource", new XAttribute("key", source), Pattern("*"))))));

    private static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));

    private static XElement Pattern(string pattern) => new("package", new XAttribute("pattern", pattern));

    // Where this machine keeps packages.
    private async Task<string> MachinesAsync() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? (await Shell.RunAsync(Folder, "dotnet nuget locals global-packages --list")).Split(':', 2)[1].Trim();

    private async Task<IEnumerable<string>> SourcesAsync() =>
        EnabledSource().Matches(await Shell.RunAsync(Folder, "dotnet nuget list source")).Select(source => source.Groups[1].Value);

    [GeneratedRegex(@"^ *\d+\. +(.+?) \[Enabled\]", RegexOptions.Multiline)]
    private static partial Regex EnabledSource();
}

[CollectionDefinition(nameof(PackedFeed))]
public sealed class PackedFeedCollection : ICollectionFixture<PackedFeed>;
