namespace AgentStream.Models.Answers;

/// <summary>
/// How much an endpoint may send for one answer. They are far above what any model says; what an agent's answers may have, say its own settings (<see cref="AgentStreamOptions.MaxAnswerLength"/>).
/// </summary>
internal static class AnswerLimits
{
    /// <summary>The most bytes of one event, or one line, of a stream.</summary>
    public const int Event = 8 * 1024 * 1024;

    /// <summary>The most bytes of a whole stream: also what says nothing keeps a connection and a run busy.</summary>
    public const long Stream = 256 * 1024 * 1024;

    /// <summary>The most characters of what is given only at the end: tool calls, and what the endpoint wants back.</summary>
    public const int Held = 16_000_000;

    /// <summary>The most tool calls.</summary>
    public const int Calls = 1000;
}

/// <summary>A stream has more in it than an answer may have.</summary>
/// <param name="message">What it has too much of, as the rest of a sentence.</param>
internal sealed class AnswerLimitException(string message) : Exception(message);
