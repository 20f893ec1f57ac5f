using System.Globalization;
using System.Text;

namespace AgentStream;

/// <summary>The rules of a session's title, for whoever takes one from a user. The session's grain holds every title to them.</summary>
public static class SessionTitleRules
{
    /// <summary>The longest title, in characters, without white space around it.</summary>
    public const int MaxLength = 200;

    /// <summary>What errors call the title.</summary>
    internal const string Field = "title";

    /// <summary>Gets the rule that a title breaks: without white space around it, it has 1 to <see cref="MaxLength"/> characters, on one line, and no control characters among them.</summary>
    /// <param name="title">The title; null when there is none.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? Title(string? title) =>
        title is not null && title.Trim() is { Length: > 0 and <= MaxLength } text && text.EnumerateRunes().All(IsShown) && !text.AsSpan().ContainsLoneSurrogate() ? null
        : $"must be 1 to {MaxLength} characters without line breaks and other control characters, not counting white space around them";

    /// <summary>Gets a title as it is kept: without white space around it.</summary>
    /// <param name="title">The title.</param>
    /// <returns>The title.</returns>
    /// <exception cref="InvalidInputException">It breaks the rule; the exception names the field <c>title</c>.</exception>
    public static string Trim(string? title) => Title(title) is { } broken ? throw new InvalidInputException(Field, broken) : title!.Trim();

    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static bool ContainsLoneSurrogate(this ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return true;
            }

            text = text[length..];
        }

        return false;
    }
}
