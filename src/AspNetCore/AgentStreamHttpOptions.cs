using Microsoft.AspNetCore.Http;

namespace AgentStream;

/// <summary>The settings of the HTTP edge, from the configuration section <c>AgentStream:Http</c> or from code.</summary>
public sealed class AgentStreamHttpOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "AgentStream:Http";

    /// <summary>The caller as long as nobody says how to find out: user 1 in scope 1, whoever asks.</summary>
    internal static readonly Func<HttpContext, ValueTask<UserKey?>> Anyone = _ => ValueTask.FromResult<UserKey?>(new UserKey(1, 1));

    /// <summary>
    /// Says for whom a request is made; null refuses it with 401. Every session that a request names is a session of this user.
    /// The default takes everybody for user 1 in scope 1, and as long as it stands the edge is there for this machine alone.
    /// </summary>
    public Func<HttpContext, ValueTask<UserKey?>> GetUser { get; set; } = Anyone;

    /// <summary>Lets everybody who can reach the server in as user 1 of scope 1, from other machines too. False unless set; it changes nothing when <see cref="GetUser"/> is set.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// The origins whose pages may call the routes, besides the server's own: <c>https://app.example.com</c>, each with its scheme, and its port unless that is the scheme's own. Empty unless set.
    /// Pages of any other origin are refused with 403. A program with a CORS policy of its own on the routes (<c>RequireCors</c>) needs none here.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Whether anybody who reaches the server is let in unasked, and nobody has said that this is meant.</summary>
    internal bool IsForThisMachineOnly => GetUser == Anyone && !AllowAnonymous;
}
