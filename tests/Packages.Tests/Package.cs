using System.IO.Compression;
using System.Reflection.PortableExecutable;
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
        ForOnePlatform = [.. zip.Entries.Where(entry => Path.GetFileName(entry.FullName).StartsWith("AgentStream", StringComparison.Ordinal) && IsForOnePlatform(entry)).Select(entry => entry.FullName)];
        var symbols = Path.ChangeExtension(path, ".snupkg");
        SymbolFiles = File.Exists(symbols) ? FilesOf(symbols) : null;
    }

    public string Id => Text("id")!;

    public string Version => Text("version")!;

    public IReadOnlyList<string> Files { get; }

    /// <summary>Our assemblies in it that hold compiled code of one platform.</summary>
    public IReadOnlyList<string> ForOnePlatform { get; }

    /// <summary>What is in its package of symbols; null when there is none.</summary>
    public IReadOnlyList<string>? SymbolFiles { get; }

    public IEnumerable<(string Id, string Version)> Dependencies =>
        _metadata.Descendants(_metadata.Name.Namespace + "dependency").Select(dependency => (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value));

    public string? Text(string name) => Element(name)?.Value;

    public XElement? Element(string name) => _metadata.Element(_metadata.Name.Namespace + name);

    private static bool IsForOnePlatform(ZipArchiveEntry entry)
    {
        if (!entry.Name.EndsWith(".dll", StringComparison.Ordinal))
        {
            return false;
        }

        using var memory = new MemoryStream();
        using (var file = entry.Open())
        {
            file.CopyTo(memory);
        }

        memory.Position = 0;
        using var reader = new PEReader(memory);
        return reader.PEHeaders.CorHeader is not { ManagedNativeHeaderDirectory.Size: 0 };
    }

    private static string[] FilesOf(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return [.. zip.Entries.Select(entry => entry.FullName)];
    }
}
