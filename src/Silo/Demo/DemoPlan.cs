using System.Globalization;
using System.Text.RegularExpressions;

namespace AgentStream.Silo.Demo;

/// <summary>What the demo model makes of a prompt. The parts combine: <c>think 5, what is 2*3, count to 10</c>.</summary>
internal sealed partial record DemoPlan
{
    /// <summary>The most chunks that a prompt can ask for with <c>think</c> or <c>count to</c>.</summary>
    public const int MaxChunks = 100_000;

    /// <summary>The most tool calls that it makes for one prompt.</summary>
    public const int MaxCalls = 8;

    // Finding arithmetic takes time that grows with the square of the length; nobody needs it in a text longer than this.
    private const int MaxLength = 4000;

    /// <summary>How many chunks to think; null when the prompt does not say.</summary>
    public int? Think { get; private init; }

    /// <summary>How far to count; null when the prompt does not say.</summary>
    public int? CountTo { get; private init; }

    /// <summary>The tools to call, in this order.</summary>
    public IReadOnlyList<DemoCall> Calls { get; private init; } = [];

    /// <summary>Whether to break off after the first chunk.</summary>
    public bool Fails { get; private init; }

    /// <summary>What cannot be done, in words for the user; null when all can.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Reads a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="clientTools">The tools that the client carries out; null for none.</param>
    public static DemoPlan Read(string prompt, IReadOnlySet<string>? clientTools = null)
    {
        var text = prompt.Length > MaxLength ? prompt[..MaxLength] : prompt;
        var (think, thinkIsFine) = Amount(ThinkPhrase().Match(text));
        var (count, countIsFine) = Amount(CountPhrase().Match(text));

        // The numbers of these phrases are no arithmetic.
        var rest = CountPhrase().Replace(ThinkPhrase().Replace(text, ";"), ";");
        var calls = Expressions(rest).Select(DemoCall.Calculate);
        calls = TimeWord().IsMatch(rest) ? calls.Append(DemoCall.Time) : calls;
        calls = DeletePhrase().IsMatch(rest) ? calls.Append(DemoCall.DeleteNotes) : calls;
        calls = WherePhrase().IsMatch(rest) ? calls.Append(DemoCall.Of(DemoTools.GetLocationName)) : calls;
        calls = calls.Concat(UsePhrase().Matches(rest).Select(match => match.Groups[1].Value).Where(name => clientTools?.Contains(name) == true).Select(DemoCall.Of));

        return new DemoPlan
        {
            Think = think,
            CountTo = count,
            Calls = [.. calls.Take(MaxCalls)],
            Fails = FailWord().IsMatch(rest),
            Refusal = thinkIsFine && countIsFine ? null : string.Create(
                CultureInfo.InvariantCulture, $"I can think and count from 1 to {MaxChunks}, not less and not more."),
        };
    }

    private static (int? Amount, bool IsFine) Amount(Match phrase)
    {
        if (!phrase.Success)
        {
            return (null, true);
        }

        var digits = phrase.Groups[1].Value.Replace(",", "", StringComparison.Ordinal);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount is >= 1 and <= MaxChunks
            ? (amount, true)
            : (null, false);
    }

    private static IEnumerable<string> Expressions(string text) =>
        from Match match in Arithmetic().Matches(text)
        where !Date().IsMatch(match.Value)
        select WithoutProse(match.Value.Trim());

    /// <summary>Takes away the parentheses that belong to the sentence: of <c>(what is 1+2)</c>, the arithmetic is <c>1+2</c>.</summary>
    private static string WithoutProse(string expression)
    {
        var surplus = expression.Count(c => c == ')') - expression.Count(c => c == '(');
        for (; surplus > 0 && expression.EndsWith(')'); surplus--)
        {
            expression = expression[..^1].TrimEnd();
        }

        for (; surplus < 0 && expression.StartsWith('('); surplus++)
        {
            expression = expression[1..].TrimStart();
        }

        return expression;
    }

    [GeneratedRegex(@"\bthink\s+(?:for\s+)?(\d+(?:,\d{3})*)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ThinkPhrase();

    [GeneratedRegex(@"\bcount\s+to\s+(\d+(?:,\d{3})*)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CountPhrase();

    // Words, whole: not 'sometimes', 'real-time', 'failure' or 'fail-safe'.
    [GeneratedRegex(@"(?<![\w-])time(?![\w-])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TimeWord();

    [GeneratedRegex(@"\bdelete\s+(?:all\s+)?(?:my|the)\s+notes\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DeletePhrase();

    [GeneratedRegex(@"\bwhere\s+am\s+I\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WherePhrase();

    [GeneratedRegex(@"\buse\s+([A-Za-z0-9_-]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UsePhrase();

    [GeneratedRegex(@"(?<![\w-])fail(?![\w-])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FailWord();

    // Numbers with at least one operator between them, and with signs and parentheses around them. 'gpt-4' and a list of '- 5' are none.
    [GeneratedRegex(@"(?<![\w.,])[-+( ]*(?:\d+(?:\.\d+)?|\.\d+)[) ]*(?:[-+*/][-+( ]*(?:\d+(?:\.\d+)?|\.\d+)[) ]*)+(?!\w)")]
    private static partial Regex Arithmetic();

    [GeneratedRegex(@"^\s*\d{4}-\d{2}-\d{2}\s*$")]
    private static partial Regex Date();
}

/// <summary>A tool call that the demo model makes.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Expression">The argument of <c>calculate</c>; null for a tool without arguments.</param>
/// <param name="IsOfClient">Whether the client carries it out.</param>
internal sealed record DemoCall(string Tool, string? Expression = null, bool IsOfClient = false)
{
    /// <summary>Asks for the time.</summary>
    public static readonly DemoCall Time = new(DemoTools.GetCurrentTimeName);

    /// <summary>Deletes the notes, if somebody allows it.</summary>
    public static readonly DemoCall DeleteNotes = new(DemoTools.DeleteNotesName);

    /// <summary>Has the client do something.</summary>
    public static DemoCall Of(string tool) => new(tool, IsOfClient: true);

    /// <summary>Has an expression worked out.</summary>
    public static DemoCall Calculate(string expression) => new(DemoTools.CalculateName, expression);
}
