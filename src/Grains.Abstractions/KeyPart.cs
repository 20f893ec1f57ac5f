using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AgentStream;

/// <summary>The rule for the parts of a key: short enough, and of such characters, to stand in a key, a URL and a file name.</summary>
internal static class KeyPart
{
    public const int MaxLength = 128;

    public const string Rule = "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ = + -, and not '.' or '..'";

    public static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (text is null or "" or "." or ".." || text.Length > MaxLength)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '~' or '@' or '=' or '+' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    public static string Check(string field, string? text) => IsValid(text) ? text : throw new InvalidInputException(field, Rule);

    public static string Of(string field, long number) =>
        number >= 0 ? number.ToString(CultureInfo.InvariantCulture) : throw new InvalidInputException(field, "must not be negative");
}
