using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace AgentStream.Silo.Demo;

/// <summary>The words of the demo model.</summary>
internal static partial class DemoAnswer
{
    private const string Introduction =
        "Hello! I am the demo model: I need no key and no network. Ask me for some arithmetic, like 12*7, or for the time; "
        + "tell me to delete my notes, for which I ask you first; ask 'where am I?', for which I ask your client; "
        + "let me count to 100, think 20 first, or fail.";

    /// <summary>The thoughts: as many as the prompt asks for, or the few that come before a tool call.</summary>
    public static IEnumerable<string> Thoughts(DemoPlan plan) => plan switch
    {
        { Think: { } n } => Enumerable.Range(1, n).Select(i => string.Create(CultureInfo.InvariantCulture, $"Thought {i}. ")),
        { Calls.Count: > 0 } => ["I need", " a tool."],
        _ => [],
    };

    /// <summary>The answer, in chunks.</summary>
    /// <param name="plan">What the prompt asks for.</param>
    /// <param name="results">The result of each call of the plan, in its order; null for one that is missing.</param>
    public static IEnumerable<string> Chunks(DemoPlan plan, IReadOnlyList<FunctionResultContent?> results)
    {
        var sentences = plan.Calls.Select((call, at) => Sentence(call, results[at])).ToList();
        if (plan.Refusal is not null)
        {
            sentences.Add(plan.Refusal);
        }

        if (sentences.Count == 0 && plan.CountTo is null)
        {
            sentences.Add(plan.Fails ? "This will go wrong." : plan.Think is null ? Introduction : "I have thought about it.");
        }

        var words = Word().Matches(string.Join(' ', sentences)).Select(word => word.Value);
        if (plan.CountTo is not { } last)
        {
            return words;
        }

        var numbers = Enumerable.Range(1, last).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i} "));
        return sentences.Count == 0 ? numbers : words.Append("\n\n").Concat(numbers);
    }

    private static string Sentence(DemoCall call, FunctionResultContent? result)
    {
        var text = result?.Exception?.Message ?? result?.Result?.ToString();

        // A result that went wrong is a text like any other; what makes it one is that it is not what was asked for.
        return call switch
        {
            { Expression: { } expression } => IsNumber(text) ? $"{expression} is {text}." : $"I could not work out {expression}: {Reason(text)}",
            { Tool: DemoTools.DeleteNotesName } => text == DemoTools.NotesAreDeleted ? "Your notes are deleted." : $"I did not delete your notes: {Reason(text)}",
            { IsOfClient: true } => $"{call.Tool} says: {Reason(text)}",
            _ => IsTime(text) ? $"It is {text}." : $"I could not find out the time: {Reason(text)}",
        };
    }

    private static bool IsNumber(string? text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out _);

    private static bool IsTime(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _);

    private static string Reason(string? text) =>
        string.IsNullOrWhiteSpace(text) ? "there was no result." : text.TrimEnd().TrimEnd('.') + ".";

    // With what stands between it and the next one, so that the chunks together are the text.
    [GeneratedRegex(@"\S+\s*")]
    private static partial Regex Word();
}
