using Microsoft.AspNetCore.Builder;

namespace AgentStream.AspNetCore.Security;

/// <summary>What a session token allows. The numbers are in tokens.</summary>
[Flags]
internal enum SessionVerbs
{
    None = 0,
    Follow = 1,
    Read = 2,
    Cancel = 4,
    Rename = 8,
}

/// <summary>Marks a route that takes session tokens.</summary>
/// <param name="Verb">The verb that a token needs there.</param>
internal sealed record TokenVerb(SessionVerbs Verb);

/// <summary>The verbs' names, and the routes that they are for.</summary>
internal static class SessionVerbNames
{
    public static readonly (string Name, SessionVerbs Verb)[] All = [("follow", SessionVerbs.Follow), ("read", SessionVerbs.Read), ("cancel", SessionVerbs.Cancel), ("rename", SessionVerbs.Rename)];

    public static string Rule => $"must be a list with at least one of {string.Join(", ", All.Select(verb => $"\"{verb.Name}\""))}";

    public static string Of(SessionVerbs verbs) => string.Join(", ", All.Where(verb => verbs.HasFlag(verb.Verb)).Select(verb => verb.Name));

    /// <summary>Lets session tokens in that have the verb.</summary>
    public static void TakesTokens(this IEndpointConventionBuilder route, SessionVerbs verb) => route.WithMetadata(new TokenVerb(verb));
}
