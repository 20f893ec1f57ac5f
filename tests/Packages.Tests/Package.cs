using System.IO.Compression;
using System.Xml.Linq;

namespace AgentStream.Packages.Tests;

/// <summary>A package, as it is in a source of packages.</summary>
internal sealed class Package
{
    private readonly XElement _metadata;

    public Package(string path)
    {
        Files = FilesOf(path);
        using var zip = ZipFile.OpenRead(path);
        using var nuspec = zip.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        _metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        var symbols = Path.ChangeExtension(path, ".snupkg");
        SymbolFiles = File.Exists(symbols) ? FilesOf(symbols) : null;
    }

    public string Id => Text("id")!;

    public string Version => Text("version")!;

    public IReadOnlyList<string> Files { get; }

    /// <summary>What is in its package of symbols; null when there is none.</summary>
    public IReadOnlyList<string>? SymbolFiles { get; }

    public IEnumerable<(string Id, string Version)> Dependencies =>
        _metadata.Descendants(_metadata.Name.Namespace + "dependency").Select(dependency => (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value));

    public string? Text(string name) => Element(name)?.Value;

    public XElement? Element(string name) => _metadata.Element(_metadata.Name.Namespace + name);

    private static string[] FilesOf(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return [.. zip.Entries.Select(entry => entry.FullName)];
    }
}
