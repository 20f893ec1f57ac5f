using System.Reflection;

namespace AgentStream.Deploy.Tests;

/// <summary>Where the files are that these tests try.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    /// <summary>The silo's program, in the configuration of these tests.</summary>
    public static string SiloProgram =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "SiloProgram").Value!;

    /// <summary>A file or folder of the repository.</summary>
    public static string PathOf(string path) => Path.Combine(Root, path);

    /// <summary>A file's text.</summary>
    public static string Read(string path) => File.ReadAllText(PathOf(path));

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
