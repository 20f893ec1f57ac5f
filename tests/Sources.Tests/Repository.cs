namespace AgentStream.Sources.Tests;

/// <summary>The C# files of this repository.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The rooms: the folders of <c>src</c>.</summary>
    public static IEnumerable<string> Rooms => Directory.GetDirectories(Path.Combine(Root, "src")).Order(StringComparer.Ordinal);

    /// <summary>The rooms' projects.</summary>
    public static IEnumerable<string> Projects => Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The files under a folder.</summary>
    public static IEnumerable<SourceFile> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "node_modules"))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AgentStream.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"There is no AgentStream.sln above {AppContext.BaseDirectory}.");
        }

        return folder.FullName;
    }
}

/// <param name="Path">Where it is, from the repository's root: <c>src/Room/Folder/File.cs</c>.</param>
/// <param name="Text">What is in it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The folder of its room that it is in; empty for the room itself.</summary>
    public string Folder => Path.Split('/') is [_, _, var folder, _, ..] ? folder : "";

    /// <summary>How many lines it has.</summary>
    public int Lines => Text.AsSpan().TrimEnd('\n').Count('\n') + 1;
}
