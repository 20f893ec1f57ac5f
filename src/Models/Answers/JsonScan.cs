namespace AgentStream.Models.Answers;

/// <summary>
/// Tells, piece by piece, whether a JSON object or array has come to its end. It looks at brackets only; whether it is JSON, the parser
/// says.
/// </summary>
internal sealed class JsonScan
{
    private int _depth;
    private bool _isWithinText;
    private bool _isEscaped;

    /// <summary>Whether anything but white space has come.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether all that was opened is closed.</summary>
    public bool IsWhole => HasBegun && _depth == 0 && !_isWithinText;

    public void Take(ReadOnlySpan<char> piece)
    {
        foreach (var c in piece)
        {
            HasBegun |= !char.IsWhiteSpace(c);
            if (_isEscaped)
            {
                _isEscaped = false;
            }
            else if (_isWithinText)
            {
                _isEscaped = c == '\\';
                _isWithinText = c != '"';
            }
            else
            {
                _isWithinText = c == '"';
                _depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
            }
        }
    }
}
