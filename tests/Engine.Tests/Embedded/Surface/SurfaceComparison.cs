namespace AgentStream.Engine.Tests.Embedded.Surface;

/// <summary>A place where ours is not as theirs: its line in the list of those that are meant, and what they have instead.</summary>
internal sealed record SurfaceDifference(string Line, string Instead);

/// <summary>
/// Finds what a program could use of ours and would not find in theirs, or would find different. What theirs has beyond ours is no difference.
/// </summary>
internal static class SurfaceComparison
{
    public static IEnumerable<SurfaceDifference> Compare(IEnumerable<TypeSurface> ours, IEnumerable<TypeSurface> theirs)
    {
        var known = theirs.ToDictionary(type => type.Name);
        return ours.SelectMany(type => known.TryGetValue(type.Name, out var other)
            ? Compare(type, other)
            : [new SurfaceDifference(type.Name, "no such type")]);
    }

    private static IEnumerable<SurfaceDifference> Compare(TypeSurface ours, TypeSurface theirs)
    {
        if (ours.Declaration != theirs.Declaration)
        {
            yield return new SurfaceDifference($"{ours.Name} is {ours.Declaration}", theirs.Declaration);
        }

        foreach (var member in ours.Members.Except(theirs.Members))
        {
            var namesakes = theirs.Members.Where(other => NameOf(other) == NameOf(member)).DefaultIfEmpty("no such member");
            yield return new SurfaceDifference($"{ours.Name}: {member}", string.Join(" | ", namesakes));
        }
    }

    private static string NameOf(string member) => member.Split('(', '=')[0].Trim().Split(' ')[^1];
}
