namespace AgentStream;

/// <summary>A limit that a user is held to, and how much of it is used.</summary>
/// <param name="Name">The limit: one of <see cref="LimitNames"/>.</param>
/// <param name="Target">Whether it is the user's own, or that of all users of the scope together.</param>
/// <param name="Allowed">How much it allows; at least 1.</param>
/// <param name="Used">How much is used. It can be more than is allowed, where what was under way continued.</param>
/// <param name="ResetsAt">When it begins anew from 0, in UTC; null for a limit that does not.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.LimitUsage")]
public sealed record LimitUsage(
    [property: Id(0)] string Name,
    [property: Id(1)] LimitTarget Target,
    [property: Id(2)] long Allowed,
    [property: Id(3)] long Used,
    [property: Id(4)] DateTimeOffset? ResetsAt = null);
