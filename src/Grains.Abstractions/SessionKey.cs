using System.Diagnostics.CodeAnalysis;

namespace AgentStream;

/// <summary>
/// Names a session: the scope it belongs to, the user within the scope, and the session's own id.
/// A session's grain has this as its key, written <c>{scope}:{user}:{session}</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionKey")]
public sealed record SessionKey
{
    /// <summary>The longest session id, in characters (design rule: short enough to stand in a key, a URL and a file name).</summary>
    public const int MaxSessionLength = KeyPart.MaxLength;

    /// <summary>What a session id may be, as a sentence for error texts.</summary>
    public const string SessionRule = KeyPart.Rule;

    /// <summary>Names a session.</summary>
    /// <param name="scope">The scope, by <see cref="UserKey.IdRule"/>.</param>
    /// <param name="user">The user within the scope, by <see cref="UserKey.IdRule"/>.</param>
    /// <param name="session">The session's id, by <see cref="SessionRule"/>.</param>
    /// <exception cref="InvalidInputException">A part breaks its rule; the exception names the part.</exception>
    public SessionKey(string scope, string user, string session)
    {
        Scope = KeyPart.Check("scope_id", scope);
        User = KeyPart.Check("user_id", user);
        Session = KeyPart.Check("session_id", session);
    }

    /// <summary>Names a session of a user who has a number, as programs of other languages do: <c>(1, 2, "s")</c> is <c>("1", "2", "s")</c>.</summary>
    /// <param name="scope">The scope; not negative.</param>
    /// <param name="user">The user within the scope; not negative.</param>
    /// <param name="session">The session's id, by <see cref="SessionRule"/>.</param>
    /// <exception cref="InvalidInputException">A part breaks its rule; the exception names the part.</exception>
    public SessionKey(long scope, long user, string session)
        : this(KeyPart.Of("scope_id", scope), KeyPart.Of("user_id", user), session)
    {
    }

    /// <summary>The scope, by <see cref="UserKey.IdRule"/>.</summary>
    [Id(0)]
    public string Scope { get; }

    /// <summary>The user within the scope, by <see cref="UserKey.IdRule"/>.</summary>
    [Id(1)]
    public string User { get; }

    /// <summary>The session's id, by <see cref="SessionRule"/>.</summary>
    [Id(2)]
    public string Session { get; }

    /// <summary>Gets the user whose session it is.</summary>
    public UserKey UserKey => new(Scope, User);

    /// <summary>Whether a text can be a session id, by <see cref="SessionRule"/>.</summary>
    /// <param name="text">The text; null is none.</param>
    /// <returns>True when it can.</returns>
    public static bool IsSessionId([NotNullWhen(true)] string? text) => KeyPart.IsValid(text);

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
            ? new SessionKey(scope, user, session)
            : throw new InvalidInputException("key", "must be {scope_id}:{user_id}:{session_id}");
    }

    /// <summary>Reads what <see cref="ToString"/> writes, if it is that.</summary>
    /// <param name="text">The text; null is none.</param>
    /// <param name="key">The key, when the answer is true.</param>
    /// <returns>Whether the text is a key.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out SessionKey? key)
    {
        key = text?.Split(':') is [var scope, var user, var session] && KeyPart.IsValid(scope) && KeyPart.IsValid(user) && KeyPart.IsValid(session)
            ? new SessionKey(scope, user, session)
            : null;
        return key is not null;
    }

    /// <summary>The key as text: <c>{scope}:{user}:{session}</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Scope}:{User}:{Session}";
}
