using System.Text.Json;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>POST /chat/{session_id}/token</c>: a token for a browser that cannot send headers. It takes no token itself.</summary>
internal static class MakeToken
{
    private const int MaxBodyLength = 4096;
    private const string Route = "/token";
    private const string Verbs = "verbs";
    private const string Cookie = "cookie";

    public static void MapMakeToken(this RouteGroupBuilder chat) =>
        chat.MapPost($"{{session_id}}{Route}", async Task<Ok<SessionTokenView>> (string session_id, HttpContext context, SessionTokens tokens) =>
        {
            var key = context.Caller().Session(session_id);
            var (verbs, isCookie) = await ReadAsync(context.Request);
            var token = tokens.New(key, verbs);
            context.Response.Headers.CacheControl = "no-store";
            if (!isCookie)
            {
                return TypedResults.Ok(SessionTokenView.Of(token, tokens.Protect(token)));
            }

            var path = context.Request.PathBase.Add(context.Request.Path).ToUriComponent();
            context.Response.Cookies.Append(SessionTokens.Cookie, tokens.Protect(token), new CookieOptions
            {
                HttpOnly = true,
                Secure = context.Request.IsHttps,
                SameSite = SameSiteMode.Strict,
                Path = path[..^Route.Length],
                MaxAge = tokens.Lifetime,
            });
            return TypedResults.Ok(SessionTokenView.Of(token, null));
        }).Is("Makes a short-lived token for a browser, for one session.").TakesBody<TokenBody>(isOptional: true).Refuses();

    private static async Task<(SessionVerbs Verbs, bool IsCookie)> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength is 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return (SessionVerbs.Follow, false);
        }

        var fields = new JsonFields(await JsonBody.ReadObjectAsync(request, MaxBodyLength, request.HttpContext.RequestAborted));
        var verbs = ReadVerbs(fields);
        var isCookie = fields.Flag(Cookie) ?? false;
        fields.RefuseOthers(Verbs, Cookie);
        fields.ThrowIfAnyIsWrong();
        return (verbs, isCookie);
    }

    private static SessionVerbs ReadVerbs(JsonFields fields)
    {
        if (fields.Json(Verbs) is not { } given)
        {
            return SessionVerbs.Follow;
        }

        List<SessionVerbs> verbs = given.ValueKind == JsonValueKind.Array ? [.. given.EnumerateArray().Select(Verb)] : [];
        if (verbs.Count == 0 || verbs.Contains(SessionVerbs.None))
        {
            fields.Wrong(Verbs, SessionVerbNames.Rule);
        }

        return verbs.Aggregate(SessionVerbs.None, (all, verb) => all | verb);
    }

    // As it is written: half of a surrogate pair is no text.
    private static SessionVerbs Verb(JsonElement name) => SessionVerbNames.All.FirstOrDefault(verb => name.GetRawText() == $"\"{verb.Name}\"").Verb;
}
