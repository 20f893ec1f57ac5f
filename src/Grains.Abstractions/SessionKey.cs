using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AgentStream;

/// <summary>
/// Names a session: the scope it belongs to, the user within the scope, and the session's own id.
/// A session's grain has this as its key, written <c>{scope}:{user}:{session}</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionKey")]
public sealed record SessionKey
{
    /// <summary>The longest session id, in characters (design rule: short enough to stand in a key, a URL and a file name).</summary>
    public const int MaxSessionLength = 128;

    /// <summary>What a session id may be, as a sentence for error texts.</summary>
    public const string SessionRule = "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ = + -, and not '.' or '..'";

    private const string NumberRule = "must be an integer from 0 to 9223372036854775807";

    /// <summary>Names a session.</summary>
    /// <param name="scope">The scope; not negative.</param>
    /// <param name="user">The user within the scope; not negative.</param>
    /// <param name="session">The session's id, by <see cref="SessionRule"/>.</param>
    /// <exception cref="InvalidInputException">A part breaks its rule; the exception names the part.</exception>
    public SessionKey(long scope, long user, string session)
    {
        Scope = scope >= 0 ? scope : throw new InvalidInputException("scope_id", NumberRule);
        User = user >= 0 ? user : throw new InvalidInputException("user_id", NumberRule);
        Session = IsSessionId(session) ? session : throw new InvalidInputException("session_id", SessionRule);
    }

    /// <summary>The scope; not negative.</summary>
    [Id(0)]
    public long Scope { get; }

    /// <summary>The user within the scope; not negative.</summary>
    [Id(1)]
    public long User { get; }

    /// <summary>The session's id, by <see cref="SessionRule"/>.</summary>
    [Id(2)]
    public string Session { get; }

    /// <summary>Whether a text can be a session id, by <see cref="SessionRule"/>.</summary>
    /// <param name="text">The text; null is none.</param>
    /// <returns>True when it can.</returns>
    public static bool IsSessionId([NotNullWhen(true)] string? text)
    {
        if (text is null or "" or "." or ".." || text.Length > MaxSessionLength)
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

    /// <summary>A session id that nobody has yet: a UUID of version 7, so ids sort by when they were made.</summary>
    /// <returns>The id, 36 characters.</returns>
    public static string NewSessionId() => Guid.CreateVersion7().ToString();

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text"><c>{scope}:{user}:{session}</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="InvalidInputException">The text is not of that form, or a part breaks its rule.</exception>
    public static SessionKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':') is [var scope, var user, var session]
            && long.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var scopeId)
            && long.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
            ? new SessionKey(scopeId, userId, session)
            : throw new InvalidInputException("key", "must be {scope_id}:{user_id}:{session_id} with whole numbers for the first two");
    }

    /// <summary>Reads what <see cref="ToString"/> writes, if it is that.</summary>
    /// <param name="text">The text; null is none.</param>
    /// <param name="key">The key, when the answer is true.</param>
    /// <returns>Whether the text is a key.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out SessionKey? key)
    {
        key = text?.Split(':') is [var scope, var user, var session]
            && long.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var scopeId)
            && long.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
            && IsSessionId(session)
            ? new SessionKey(scopeId, userId, session)
            : null;
        return key is not null;
    }

    /// <summary>The key as text: <c>{scope}:{user}:{session}</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scope}:{User}:{Session}");
}
