using System.Text.RegularExpressions;

namespace AgentStream.Sources.Tests;

/// <summary>
/// Which folders of a room refer to which others, read from the text of its files: a file refers to the folders of the types that it names. What is in the
/// room itself may use all folders, and be used by them: it puts them together, or is what they all speak of.
/// </summary>
internal sealed partial class FolderReferences
{
    private readonly SortedDictionary<string, SortedDictionary<string, List<string>>> _references = new(StringComparer.Ordinal);

    public FolderReferences(IReadOnlyCollection<SourceFile> room)
    {
        var codes = room.Where(file => file.Folder.Length > 0).Select(file => (File: file, Code: NoCode().Replace(file.Text, ""))).ToList();

        // A name that two folders have says nothing about which of them is meant.
        var owners = codes.SelectMany(code => Types().Matches(code.Code).Select(type => (Name: type.Groups["name"].Value, code.File.Folder)))
            .Distinct()
            .GroupBy(type => type.Name, type => type.Folder)
            .Where(folders => folders.Count() == 1)
            .ToDictionary(folders => folders.Key, folders => folders.Single());
        foreach (var (file, code) in codes)
        {
            foreach (var name in Names().Matches(code).Select(name => name.Value).Distinct())
            {
                if (owners.TryGetValue(name, out var folder) && folder != file.Folder)
                {
                    Add(file.Folder, folder, $"{file.Path} names {name}");
                }
            }
        }
    }

    /// <summary>The circles: for each, a line for each of its references, with a file that makes it.</summary>
    public IEnumerable<string> Circles()
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in _references.Keys)
        {
            if (!told.Contains(folder) && WayBack(folder) is { } way)
            {
                told.UnionWith(way);
                yield return string.Join("; ", way.Zip([.. way.Skip(1), folder], (from, to) => $"{from} -> {to}: {string.Join(", ", _references[from][to])}"));
            }
        }
    }

    // The shortest way from a folder back to itself: the folders on it, itself first. Null when there is none.
    private List<string>? WayBack(string start)
    {
        var from = new Dictionary<string, string>(StringComparer.Ordinal);
        var next = new Queue<string>([start]);
        while (next.TryDequeue(out var folder))
        {
            foreach (var to in _references.TryGetValue(folder, out var references) ? references.Keys : Enumerable.Empty<string>())
            {
                if (to == start)
                {
                    List<string> way = [folder];
                    for (; way[^1] != start; way.Add(from[way[^1]]))
                    {
                    }

                    way.Reverse();
                    return way;
                }

                if (from.TryAdd(to, folder))
                {
                    next.Enqueue(to);
                }
            }
        }

        return null;
    }

    private void Add(string from, string to, string why)
    {
        var references = _references.TryGetValue(from, out var known) ? known : _references[from] = new(StringComparer.Ordinal);
        (references.TryGetValue(to, out var reasons) ? reasons : references[to] = []).Add(why);
    }

    // Comments and the insides of texts; a text with an expression in it stays, since the expression is code.
    [GeneratedRegex("""//[^\n]*|(?<!\$|\$@|@\$)"(?:\\.|[^"\\\n])*"|^using [^\n]*$""", RegexOptions.Multiline)]
    private static partial Regex NoCode();

    [GeneratedRegex(@"^(?:public |internal |file |static |sealed |abstract |readonly |ref |partial )+(?:class|record struct|record class|record|struct|interface|enum|delegate \S+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Types();

    // Types that are used. A name is none after a dot (a member), after a type (its declaration), before "=" or ":" (a member in a pattern or an
    // initializer), and before "(" unless it is made, extended or matched there (a method).
    [GeneratedRegex("""
        (?<! [\w.] | \) \s | [\w>\])][>\]?] \s | \w\? \s | \b (?! (?: new | is | not | or | and | as | in | out | ref | params | return | case | throw | await
            | public | private | protected | internal | static | readonly | sealed | abstract | virtual | override | async | required | const | event | volatile | else ) \b ) \w+ \s )
        [A-Z]\w* \b (?! \( | : | \s=[^=] )
        | (?<= \bnew\s | :\s | \[ | \bis\s | \bcase\s ) [A-Z]\w* (?= \( )
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Names();
}
