using Microsoft.AspNetCore.Http;

namespace AgentStream;

/// <summary>The settings of the HTTP edge, from the configuration section <c>AgentStream:Http</c> or from code.</summary>
public sealed class AgentStreamHttpOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "AgentStream:Http";

    /// <summary>
    /// Says for whom a request is made; null refuses it with 401. Every session that a request names is a session of this user.
    /// Null unless set: then ASP.NET Core's authentication says it. The user is the claim <see cref="System.Security.Claims.ClaimTypes.NameIdentifier"/>, or else <c>sub</c>, and <see cref="ScopeClaim"/> names
    /// the scope. A program without authentication takes everybody for user 1 in scope 1, and serves this machine alone.
    /// </summary>
    public Func<HttpContext, ValueTask<UserKey?>>? GetUser { get; set; }

    /// <summary>
    /// The claim that names the scope of an authenticated user, such as <c>tenant</c>, or <c>iss</c> to keep the users of several issuers apart. A request without it is refused with 403.
    /// Null unless set: then all are of scope 1. In ids, characters that <see cref="UserKey.IdRule"/> does not allow are escaped: <c>auth0|42</c> is the user <c>auth0=7C42</c>.
    /// </summary>
    public string? ScopeClaim { get; set; }

    /// <summary>
    /// Lets everybody who can reach the server in as user 1 of scope 1, from other machines too, if they are not authenticated. False unless set; it changes nothing when <see cref="GetUser"/> is set.
    /// </summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// How long a session token lasts (<c>POST {pattern}/{session_id}/token</c>), 1 min to 24 h; 60 min unless set. It may outlast the authentication of the user who asked for it by that much.
    /// </summary>
    public TimeSpan SessionTokenLifetime { get; set; } = TimeSpan.FromMinutes(60);

    /// <summary>
    /// The origins whose pages may call the routes, besides the server's own: <c>https://app.example.com</c>, each with its scheme, and its port unless that is the scheme's own. Empty unless set.
    /// Pages of any other origin are refused with 403. A program with a CORS policy of its own on the routes (<c>RequireCors</c>) needs none here.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];
}
