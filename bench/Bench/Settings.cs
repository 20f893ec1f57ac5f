using System.Globalization;
using System.Reflection;
using System.Text;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench;

/// <summary>A group of measurements.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="What">What it measures.</param>
/// <param name="RunAsync">Measures, and puts rows into the stage's report.</param>
/// <param name="IsInShortForm">Whether <c>all --short</c> runs it.</param>
internal sealed record Suite(string Name, string What, Func<Stage, Task> RunAsync, bool IsInShortForm = true);

/// <summary>What the command line asks for.</summary>
/// <param name="Suites">The suites to run, in their order.</param>
/// <param name="IsShort">Only to see that everything runs.</param>
/// <param name="Results">The directory that takes the results.</param>
internal sealed record Settings(IReadOnlyList<Suite> Suites, bool IsShort, string Results)
{
    /// <summary>Reads the command line.</summary>
    /// <returns>The settings, or what is wrong; neither for <c>--help</c>.</returns>
    public static (Settings? Settings, string Error) Read(string[] args, Suite[] suites)
    {
        var (isShort, results) = (false, Fact("Results"));
        var asked = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help":
                    return (null, "");
                case "--short":
                    isShort = true;
                    break;
                case "--out" when i + 1 < args.Length:
                    results = args[++i];
                    break;
                case "all":
                    break;
                case var name when suites.Any(suite => suite.Name == name):
                    asked.Add(name);
                    break;
                default:
                    return (null, $"'{args[i]}' is neither a suite nor an option.\n");
            }
        }

        return (new([.. suites.Where(suite => asked.Count == 0 ? suite.IsInShortForm || !isShort : asked.Contains(suite.Name))], isShort, results), "");
    }

    /// <summary>How the program is called.</summary>
    public static string Usage(Suite[] suites)
    {
        var text = new StringBuilder("[<suite>...] [--short] [--out <directory>]\n\n  all        every suite (the default)\n");
        foreach (var suite in suites)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {suite.Name,-10} {suite.What}\n");
        }

        return text.Append("\n  --short    a minute, to see that everything runs; its figures mean nothing\n  --out      takes the results; bench/results by default").ToString();
    }

    /// <summary>What the build knows: where the silo's program is, where results go.</summary>
    public static string Fact(string key) =>
        typeof(Settings).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == key).Value!;
}
