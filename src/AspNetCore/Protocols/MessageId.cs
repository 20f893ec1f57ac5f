namespace AgentStream.AspNetCore.Protocols;

/// <summary>
/// The ids of messages. An answer is <c>{session}:{cursor of its run's begin}</c>, in the stream and in the history; the question before it has <c>:user</c> behind that. A history from elsewhere has no
/// runs: there, the number of the message takes the cursor's place.
/// </summary>
internal static class MessageId
{
    private const string User = "user";

    /// <summary>The id of an answer.</summary>
    public static string OfAnswer(string session, Cursor begin) => $"{session}:{begin}";

    /// <summary>The id of an answer without a run, by the number of its first message.</summary>
    public static string OfAnswer(string session, int message) => $"{session}:m{message}";

    /// <summary>The id of what the user said before an answer; <paramref name="number"/> counts what was said before that without an answer, from 1.</summary>
    public static string OfQuestion(string answer, int number) => number == 0 ? $"{answer}:{User}" : $"{answer}:{User}{number}";

    /// <summary>Reads the id of a message of a run.</summary>
    /// <param name="id">The id.</param>
    /// <param name="session">The session that it has to be of.</param>
    /// <returns>The run's begin, and whether it is the answer; null for an id that is not of a run of the session, as one that a client made.</returns>
    public static (Cursor Begin, bool IsAnswer)? Read(string id, string session) =>
        id.Length <= session.Length + 1 || !id.StartsWith(session, StringComparison.Ordinal) || id[session.Length] != ':' ? null
        : id[(session.Length + 1)..].Split(':') is [var text, .. var rest] && Cursor.TryParse(text, out var begin) && rest is [] or [['u', 's', 'e', 'r', ..]] ? (begin, rest is [])
        : null;
}
