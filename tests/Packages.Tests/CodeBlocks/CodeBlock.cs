using System.Text.RegularExpressions;

namespace AgentStream.Packages.Tests.CodeBlocks;

/// <summary>A block of code of a page.</summary>
/// <param name="Page">The page, from the repository's root.</param>
/// <param name="Line">The line of its first line of code.</param>
/// <param name="Language">The language, as the page names it; empty for none.</param>
/// <param name="Text">The code.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Language, string Text)
{
    /// <summary>The blocks of a page, in their order.</summary>
    public static IReadOnlyList<CodeBlock> OfPage(string page)
    {
        var text = Repository.Read(page);
        return [.. Block().Matches(text).Select(match => new CodeBlock(
            page, text.AsSpan(0, match.Groups["code"].Index).Count('\n') + 1, match.Groups["language"].Value, match.Groups["code"].Value))];
    }

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
