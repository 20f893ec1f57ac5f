namespace AgentStream.Packages.Tests;

/// <summary>This repository's folder.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file of it.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

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
