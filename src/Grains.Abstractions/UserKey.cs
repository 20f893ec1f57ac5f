using System.Globalization;

namespace AgentStream;

/// <summary>Names a user within a scope. A user's registry grain has this as its key, written <c>{scope}:{user}</c>.</summary>
/// <param name="Scope">The scope; not negative.</param>
/// <param name="User">The user within the scope; not negative.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.UserKey")]
public readonly record struct UserKey([property: Id(0)] long Scope, [property: Id(1)] long User)
{
    /// <summary>Names a session of this user.</summary>
    /// <param name="session">The session's id, by <see cref="SessionKey.SessionRule"/>.</param>
    /// <returns>The session's key.</returns>
    /// <exception cref="InvalidInputException">A part breaks its rule; the exception names the part.</exception>
    public SessionKey Session(string session) => new(Scope, User, session);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text"><c>{scope}:{user}</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="InvalidInputException">The text is not of that form.</exception>
    public static UserKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':') is [var scope, var user]
            && long.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var scopeId)
            && long.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
            ? new UserKey(scopeId, userId)
            : throw new InvalidInputException("key", "must be {scope_id}:{user_id} with whole numbers");
    }

    /// <summary>The key as text: <c>{scope}:{user}</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scope}:{User}");
}
