using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Edge;
using AgentStream.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Chat;

/// <summary><c>GET /chat</c>: the caller's live sessions.</summary>
internal static class ListSessions
{
    private const string IncludeForeign = "include_foreign";

    public static void MapListSessions(this RouteGroupBuilder chat) =>
        chat.MapGet("", async Task<Ok<LiveSession[]>> (HttpContext context, AgentStreamClient client) =>
        {
            var keys = await client.QueryAsync(context.Caller(), ReadIncludeForeign(context.Request));
            return TypedResults.Ok(Array.ConvertAll(keys, key => new LiveSession(key.Scope, key.User, key.Session)));
        });

    private static bool ReadIncludeForeign(HttpRequest request) => request.Query[IncludeForeign].ToString() switch
    {
        "" => false,
        var text when bool.TryParse(text, out var included) => included,
        _ => throw new InvalidInputException(IncludeForeign, "must be true or false"),
    };
}

/// <summary>A session that has a run under way.</summary>
/// <param name="ScopeId">The scope.</param>
/// <param name="UserId">The user within the scope.</param>
/// <param name="SessionId">The session's id.</param>
internal sealed record LiveSession(
    [property: JsonPropertyName("scope_id")] long ScopeId,
    [property: JsonPropertyName("user_id")] long UserId,
    [property: JsonPropertyName("session_id")] string SessionId);
