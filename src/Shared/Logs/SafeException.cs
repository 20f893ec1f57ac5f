namespace AgentStream.Logs;

/// <summary>An exception as a log may have it, where its own text could forge lines, drive a terminal or give a secret away.</summary>
internal sealed class SafeException : Exception
{
    private readonly string _text;

    private SafeException(string message, string text)
        : base(message) => _text = text;

    /// <summary>The exception itself where all that it says is harmless; else one with the same text, made harmless. It names the types and has the stack, as the text does.</summary>
    public static Exception? Of(Exception? exception, IReadOnlyList<string>? secrets = null)
    {
        if (exception is null or SafeException)
        {
            return exception;
        }

        var text = exception.ToString();
        var safe = SafeText.Trace(Secrets.Redacted(text, secrets));
        return safe == text ? exception : new SafeException(SafeText.Escaped(Secrets.Redacted(exception.Message, secrets)), safe);
    }

    /// <inheritdoc/>
    public override string ToString() => _text;
}
