using System.Diagnostics.CodeAnalysis;

namespace AgentStream;

/// <summary>Names a user within a scope. A user's registry grain has this as its key, written <c>{scope}:{user}</c>.</summary>
[GenerateSerializer, Immutable, Alias("AgentStream.UserKey")]
public sealed record UserKey
{
    /// <summary>Names a user.</summary>
    /// <param name="scope">The scope, by <see cref="IdRule"/>: what a program keeps apart, such as its customers.</param>
    /// <param name="user">The user within the scope, by <see cref="IdRule"/>.</param>
    /// <exception cref="InvalidInputException">A part breaks the rule; the exception names the part.</exception>
    public UserKey(string scope, string user)
    {
        Scope = KeyPart.Check("scope_id", scope);
        User = KeyPart.Check("user_id", user);
    }

    /// <summary>Names a user by numbers, as programs of other languages do: <c>(1, 2)</c> is <c>("1", "2")</c>.</summary>
    /// <param name="scope">The scope; not negative.</param>
    /// <param name="user">The user within the scope; not negative.</param>
    /// <exception cref="InvalidInputException">A number is negative; the exception names it.</exception>
    public UserKey(long scope, long user)
        : this(KeyPart.Of("scope_id", scope), KeyPart.Of("user_id", user))
    {
    }

    /// <summary>What the ids of a scope and of a user may be, as a sentence for error texts: the same as a session's.</summary>
    public const string IdRule = KeyPart.Rule;

    /// <summary>The scope, by <see cref="IdRule"/>.</summary>
    [Id(0)]
    public string Scope { get; }

    /// <summary>The user within the scope, by <see cref="IdRule"/>.</summary>
    [Id(1)]
    public string User { get; }

    /// <summary>Names a session of this user.</summary>
    /// <param name="session">The session's id, by <see cref="SessionKey.SessionRule"/>.</param>
    /// <returns>The session's key.</returns>
    /// <exception cref="InvalidInputException">The id breaks its rule.</exception>
    public SessionKey Session(string session) => new(Scope, User, session);

    /// <summary>Whether a text can be the id of a scope or of a user, by <see cref="IdRule"/>.</summary>
    /// <param name="text">The text; null is none.</param>
    /// <returns>True when it can.</returns>
    public static bool IsId([NotNullWhen(true)] string? text) => KeyPart.IsValid(text);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text"><c>{scope}:{user}</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="InvalidInputException">The text is not of that form, or a part breaks its rule.</exception>
    public static UserKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':') is [var scope, var user] ? new UserKey(scope, user) : throw new InvalidInputException("key", "must be {scope_id}:{user_id}");
    }

    /// <summary>The key as text: <c>{scope}:{user}</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Scope}:{User}";
}
