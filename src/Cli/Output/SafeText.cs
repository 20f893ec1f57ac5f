using System.Text;

namespace AgentStream.Cli.Output;

/// <summary>
/// Makes what a model, a tool or a server says harmless to a terminal: nothing in it moves the cursor, changes colors, sets titles or asks the terminal for anything.
/// </summary>
/// <remarks>Control sequences begin with ESC or with one of the C1 controls (ECMA-48, section 5). Without those they are text.</remarks>
internal static class SafeText
{
    private const char Replacement = '\uFFFD';

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
