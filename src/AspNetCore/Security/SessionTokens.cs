using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AgentStream.AspNetCore.Security;

/// <summary>
/// Makes and reads the tokens that let a browser's <c>EventSource</c> in, which cannot send headers: for one session and a few verbs, for a short time. They are protected by Data Protection.
/// </summary>
/// <remarks>The end is in the token and not Data Protection's to check (<see cref="ITimeLimitedDataProtector"/>): that takes the time from the system, and not from a <see cref="TimeProvider"/>.</remarks>
internal sealed class SessionTokens(IServiceProvider services, IOptions<AgentStreamHttpOptions> options, TimeProvider time)
{
    /// <summary>The query parameter: the name of RFC 6750, which SignalR uses, too.</summary>
    public const string Parameter = "access_token";

    public const string Cookie = "agentstream_token";

    /// <summary>What a token begins with, so that it is told from other access tokens, and found where it should not be.</summary>
    public const string Prefix = "ast_";

    // A page that follows without a pause has its user sign in once a day.
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromDays(1);

    // Both name the session.
    private static readonly string[] RouteValues = ["session_id", "threadId"];

    // When it is needed: the keys may be in a file, which a program that does not come to listen must not open.
    private readonly Lazy<IDataProtector> _protector = new(() => services.GetDataProtector("AgentStream.SessionToken.v1"));

    public TimeSpan Lifetime => options.Value.SessionTokenLifetime;

    /// <summary>Makes a token for a user who has just proved who they are.</summary>
    public SessionToken New(SessionKey key, SessionVerbs verbs)
    {
        var now = time.GetUtcNow();
        return new SessionToken(key, verbs, now + Lifetime, now);
    }

    /// <summary>Makes a token that follows another, when a quarter of that one's time is over.</summary>
    /// <returns>The token; null while it is too early, and when the user has not proved for a day who they are.</returns>
    public SessionToken? Renew(SessionToken token)
    {
        var now = time.GetUtcNow();
        if (now < token.Expires - (Lifetime * 0.75))
        {
            return null;
        }

        var (expires, last) = (now + Lifetime, token.Since + LongestRenewal);
        expires = expires < last ? expires : last;
        return expires > token.Expires ? token with { Expires = expires } : null;
    }

    /// <summary>The token as its bearer has it.</summary>
    public string Protect(SessionToken token) => Prefix + Base64Url.EncodeToString(_protector.Value.Protect(Encoding.UTF8.GetBytes(token.ToString())));

    /// <summary>Looks for a token that lets the request in.</summary>
    /// <returns>The token, or why it does not let the request in; neither when the request has none.</returns>
    public (SessionToken? Token, RefusedException? Refusal) Find(HttpContext context)
    {
        if (TextOf(context.Request) is not { Length: > 0 } text)
        {
            return (null, null);
        }

        var session = RouteValues.Select(name => context.GetRouteValue(name) as string).FirstOrDefault(value => value is not null);
        if (Read(text) is not { } token || token.Expires <= time.GetUtcNow() || (session is not null && session != token.Key.Session))
        {
            return (null, Refuse(context, StatusCodes.Status401Unauthorized, "invalid_token", "The session token is not valid for this session, or not valid any more."));
        }

        return context.GetEndpoint()?.Metadata.GetMetadata<TokenVerb>() is { } route && token.Verbs.HasFlag(route.Verb)
            ? (token, null)
            : (null, Refuse(context, StatusCodes.Status403Forbidden, "insufficient_scope", $"The session token does not allow this request, but only: {SessionVerbNames.Of(token.Verbs)}."));
    }

    /// <summary>Whether the request's token is in its address.</summary>
    public static bool IsInAddress(HttpRequest request) => InAddress(request) is not null;

    private static string? TextOf(HttpRequest request) => InAddress(request) ?? request.Cookies[Cookie];

    private static string? InAddress(HttpRequest request) =>
        request.HttpContext.Features.Get<HiddenToken>()?.Text ?? (request.Query[Parameter] is [{ Length: > 0 } text, ..] ? text : null);

    private static RefusedException Refuse(HttpContext context, int status, string error, string detail)
    {
        context.Response.Headers[HeaderNames.WWWAuthenticate] = $"Bearer error=\"{error}\"";
        return new RefusedException(status, detail);
    }

    private SessionToken? Read(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return SessionToken.Parse(Encoding.UTF8.GetString(_protector.Value.Unprotect(Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length)))));
        }
        catch (FormatException)
        {
            return null;
        }
        catch (CryptographicException e)
        {
            // That the keys cannot be read now says nothing of the token.
            return e.InnerException is StorageUnavailableException away ? throw away : null;
        }
    }
}
