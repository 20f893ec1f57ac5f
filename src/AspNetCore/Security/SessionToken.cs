using System.Globalization;

namespace AgentStream.AspNetCore.Security;

/// <summary>What a session token says, before it is protected.</summary>
/// <param name="Key">The session, and so the user for whom its bearer calls.</param>
/// <param name="Verbs">What the bearer may do there.</param>
/// <param name="Expires">When it ends.</param>
/// <param name="Since">When the user last proved who they are. A renewal leaves it as it is.</param>
internal sealed record SessionToken(SessionKey Key, SessionVerbs Verbs, DateTimeOffset Expires, DateTimeOffset Since)
{
    // No id has a colon.
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Key}:{(int)Verbs}:{Expires.ToUnixTimeMilliseconds()}:{Since.ToUnixTimeMilliseconds()}");

    public static SessionToken? Parse(string text) => text.Split(':') is [var scope, var user, var session, var verbs, var expires, var since]
        ? new(new SessionKey(scope, user, session), (SessionVerbs)int.Parse(verbs, CultureInfo.InvariantCulture), Time(expires), Time(since))
        : null;

    private static DateTimeOffset Time(string milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture));
}
