using System.Globalization;
using System.Text.RegularExpressions;

namespace AgentStream.Chaos;

/// <summary>
/// What a run is to say and do, worked out from its prompt alone: by the model that says it, and by the checks that know what must have been said. Words are numbers in sequence,
/// so that one which is missing, doubled or another run's is seen.
/// </summary>
/// <param name="Tag">The run's name, in all that it says: <c>{session}.{number}</c>.</param>
/// <param name="Nodes">Its nodes; the last one calls no tool.</param>
internal sealed partial record Plan(string Tag, IReadOnlyList<PlannedNode> Nodes)
{
    /// <summary>The prompt of a run.</summary>
    public static string Prompt(string tag, int seed) => string.Create(CultureInfo.InvariantCulture, $"run {tag} seed {seed}");

    /// <summary>The plan of a prompt; null when it is none of ours.</summary>
    public static Plan? Of(string prompt)
    {
        var match = PromptForm().Match(prompt);
        if (!match.Success)
        {
            return null;
        }

        var tag = match.Groups[1].Value;
        var random = new Random(int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        var nodes = new PlannedNode[random.Next(1, 6)];
        for (var idx = 0; idx < nodes.Length; idx++)
        {
            var isLast = idx == nodes.Length - 1;
            var start = string.Create(CultureInfo.InvariantCulture, $"{tag}/{idx}: ");
            var calls = Enumerable.Range(0, isLast ? 0 : random.Next(1, 5)).Select(_ => Call(tag, random)).ToList();
            nodes[idx] = new(
                Words(random.Next(3) == 0 ? random.Next(1, 15) : 0, start + "I think "),
                Words(isLast ? random.Next(20, 80) : random.Next(0, 20), start),
                calls,
                TimeSpan.FromMilliseconds(random.Next(20, 160)));
        }

        return new(tag, nodes);
    }

    private static PlannedCall Call(string tag, Random random) =>
        new(tag, random.Next(6) == 0 ? Tools.Once : Tools.Work, random.Next(1000), random.Next(4) == 0 ? random.Next(500, 2000) : random.Next(1, 200));

    private static string[] Words(int count, string start) =>
        [.. Enumerable.Range(1, count).Select(n => (n == 1 ? start : "") + n.ToString(CultureInfo.InvariantCulture) + " ")];

    [GeneratedRegex(@"^run (\S+) seed (\d+)$")]
    private static partial Regex PromptForm();
}

/// <summary>A node of a plan: what it thinks, then what it says, then what it calls.</summary>
/// <param name="Thoughts">The chunks of its thinking; none for a node that does not think.</param>
/// <param name="Words">The chunks of its text; none for a node that says nothing.</param>
/// <param name="Calls">Its calls, made in parallel.</param>
/// <param name="Pace">The time that each chunk takes.</param>
internal sealed record PlannedNode(IReadOnlyList<string> Thoughts, IReadOnlyList<string> Words, IReadOnlyList<PlannedCall> Calls, TimeSpan Pace);

/// <summary>A tool call of a plan.</summary>
/// <param name="Tag">The run.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Number">What it is to answer with.</param>
/// <param name="Milliseconds">How long it takes.</param>
internal sealed record PlannedCall(string Tag, string Tool, int Number, int Milliseconds)
{
    /// <summary>What it must come to.</summary>
    public string Result => Tools.Result(Tag, Number);
}
