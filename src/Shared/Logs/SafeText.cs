using System.Globalization;
using System.Text;

namespace AgentStream.Logs;

/// <summary>
/// Makes what a model, a tool or a server says harmless to a terminal and to a log: nothing in it moves the cursor, changes colors, sets titles or asks the terminal for anything, and in a log nothing
/// looks like a line of its own.
/// </summary>
/// <remarks>Control sequences begin with ESC or with one of the C1 controls (ECMA-48, section 5). Without those they are text.</remarks>
internal static class SafeText
{
    private const char Replacement = '\uFFFD';
    private const string Inset = "   ";
    private const string Inner = " ---> ";
    private const string Rethrown = "--- End of stack trace from previous location ---";

    /// <summary>Text over any number of lines.</summary>
    public static string Lines(string text) => Replace(text, keepLines: true);

    /// <summary>Text that stays on its line.</summary>
    public static string Line(string text) => Replace(text, keepLines: false);

    /// <summary>JSON that stays on its line, and stays the same JSON: what a terminal could act on is escaped, or was white space between its words.</summary>
    public static string Json(string json)
    {
        if (!json.Any(char.IsControl))
        {
            return json;
        }

        var safe = new StringBuilder(json.Length + 16);
        foreach (var c in json)
        {
            _ = c < ' ' ? safe.Append(' ') : char.IsControl(c) ? safe.Append($"\\u{(int)c:x4}") : safe.Append(c);
        }

        return safe.ToString();
    }

    /// <summary>Text for a log: on one line, and what is not harmless is to be seen as what it is, <c>\n</c> or <c>\u001b</c>. What is harmless stays the same string.</summary>
    public static string Escaped(string text)
    {
        if (!text.Any(IsHarmful))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => safe.Append("\\n"),
                '\r' => safe.Append("\\r"),
                '\t' => safe.Append("\\t"),
                _ when IsHarmful(c) => safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => safe.Append(c),
            };
        }

        return safe.ToString();
    }

    /// <summary>
    /// An exception for a log: each line escaped, and each but the first set in. .NET's own lines are that already; a line of a message is marked, so that it is not taken for a line of the log.
    /// </summary>
    public static string Trace(string exception)
    {
        var lines = exception.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = Escaped(lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i]);
            lines[i] = i == 0 || line.StartsWith(Inset, StringComparison.Ordinal) || line.StartsWith(Inner, StringComparison.Ordinal) || line == Rethrown ? line : $"{Inset}| {line}";
        }

        return string.Join(Environment.NewLine, lines);
    }

    // Also what changes the direction of the text behind it, or is a line's end to some readers.
    private static bool IsHarmful(char c) => char.IsControl(c) || c is '\u061C' or '\u200E' or '\u200F' or '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static string Replace(string text, bool keepLines)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            switch (c)
            {
                case '\n' or '\t' when keepLines:
                    safe.Append(c);
                    break;
                case '\n' or '\t':
                    safe.Append(' ');
                    break;
                case '\r':
                    // Alone it would write over the line; before a line end it says nothing.
                    break;
                default:
                    safe.Append(char.IsControl(c) ? Replacement : c);
                    break;
            }
        }

        return safe.ToString();
    }
}
