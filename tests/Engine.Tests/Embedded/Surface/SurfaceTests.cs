using Orleans;

namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>
/// What the embedded engine shows is what Orleans shows: a program that compiles against the one compiles against the other. Orleans' own assemblies
/// are read as data; what is different on purpose stands in SurfaceDifferences.txt.
/// </summary>
public sealed class SurfaceTests
{
    private static readonly string Folder = Path.GetDirectoryName(typeof(SurfaceTests).Assembly.Location)!;

    [Fact]
    public void Every_public_member_is_as_in_Orleans_or_is_different_on_purpose()
    {
        var found = Differences();
        var meant = Meant().Select(entry => entry.Line).ToHashSet();
        Assert.True(
            found.All(difference => meant.Contains(difference.Line)),
            string.Join("\n", found.Where(d => !meant.Contains(d.Line)).Select(d => $"{d.Line}\n    Orleans: {d.Instead}")));
    }

    [Fact]
    public void Every_difference_on_purpose_is_still_there_and_has_its_reason()
    {
        var found = Differences().Select(difference => difference.Line).ToHashSet();
        Assert.All(Meant(), entry =>
        {
            Assert.Contains(entry.Line, found);
            Assert.NotEmpty(entry.Reason);
        });
    }

    private static List<SurfaceDifference> Differences() =>
        [.. SurfaceComparison.Compare(AssemblySurface.Read(typeof(Grain).Assembly.Location), OrleansTypes())];

    private static IEnumerable<TypeSurface> OrleansTypes() =>
        Directory.GetFiles(Path.Combine(Folder, "OrleansAssemblies"), "*.dll").SelectMany(AssemblySurface.Read);

    private static IEnumerable<(string Line, string Reason)> Meant() =>
        from line in File.ReadLines(Path.Combine(Folder, "SurfaceDifferences.txt"))
        where line.Length > 0 && line[0] != '#'
        let parts = line.Split(" # ")
        select (parts[0].Trim(), parts.ElementAtOrDefault(1)?.Trim() ?? "");
}
