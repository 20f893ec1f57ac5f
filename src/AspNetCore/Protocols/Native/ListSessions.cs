using System.Globalization;
using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>GET /chat</c>: the caller's live sessions, or all of them.</summary>
internal static class ListSessions
{
    private const string All = "all";
    private const string Count = "count";
    private const string After = "after";
    private const string Search = "search";

    // For a list of other libraries' sessions, Redis is looked through. One user who asks for it all the time leaves the processors to others.
    private static readonly UserSlots External = new(perUser: 1, all: Math.Max(1, Environment.ProcessorCount / 2));

    public static void MapListSessions(this RouteGroupBuilder chat) =>
        chat.MapGet("", async Task<Results<Ok<LiveSession[]>, Ok<ListedSession[]>>> (HttpContext context, AgentStreamClient client) =>
        {
            var includeExternal = ReadFlag(context.Request, Protocol.Fields.IncludeForeign);
            if (ReadFlag(context.Request, All))
            {
                return TypedResults.Ok(await ListSessionsAsync(context, client, includeExternal ? throw NotBoth() : ReadQuery(context.Request)));
            }

            if ((Text(context.Request, Search) ?? Text(context.Request, After)) is not null)
            {
                throw new InvalidInputException(Text(context.Request, Search) is null ? After : Search, $"goes with {All}=true alone");
            }

            using var slot = includeExternal ? await External.TakeAsync(context, "Too many ask for the sessions of other libraries at the same time. Try again later.") : null;
            var keys = await client.GetLiveSessionsAsync(context.Caller(), includeExternal);
            return TypedResults.Ok(Array.ConvertAll(keys, key => new LiveSession(key.Scope, key.User, key.Session)));
        }).Is("Lists the caller's live sessions; with all=true all of them, live or not, latest first.")
            .TakesQuery(All, "true for all sessions.").TakesQuery(Count, $"How many, from 1 to {SessionSummary.MaxCount}; {SessionSummary.DefaultCount} by default.")
            .TakesQuery(Search, "Words that the title has.").TakesQuery(After, "The end of the last page, as its Link header gives it.")
            .TakesQuery(Protocol.Fields.IncludeForeign, "true to find live sessions of other libraries, too.")
            .Answers<ListedSession[]>().AnswersHeader(ResponseHeaders.Link, "The next page.").Refuses(501);

    private static async Task<ListedSession[]> ListSessionsAsync(HttpContext context, AgentStreamClient client, SessionQuery query)
    {
        try
        {
            var page = await client.ListSessionsAsync(context.Caller(), query);
            if (page.Next is { } next)
            {
                context.Response.Headers.Append(ResponseHeaders.Link, LinkTo(query with { After = next }));
            }

            return [.. page.Sessions.Select(ListedSession.Of)];
        }
        catch (NotSupportedException)
        {
            // Somebody's own journal.
            throw new RefusedException(StatusCodes.Status501NotImplemented, "The server's journal cannot say which sessions there are.");
        }
    }

    private static InvalidInputException NotBoth() => new(Protocol.Fields.IncludeForeign, $"goes without {All}: of sessions of another library only the live ones are known");

    /// <summary>The next page. The address is relative to that of this one: a proxy may know it by another path.</summary>
    private static string LinkTo(SessionQuery query)
    {
        var search = query.Search is null ? "" : $"&{Search}={Uri.EscapeDataString(query.Search)}";
        return string.Create(CultureInfo.InvariantCulture, $"<?{All}=true&{Count}={query.Count}{search}&{After}={Uri.EscapeDataString(query.After!)}>; rel=\"next\"");
    }

    private static SessionQuery ReadQuery(HttpRequest request) => new(ReadCount(request), Text(request, After), Text(request, Search));

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static bool ReadFlag(HttpRequest request, string name) => request.Query[name].ToString() switch
    {
        "" => false,
        var text when bool.TryParse(text, out var flag) => flag,
        _ => throw new InvalidInputException(name, "must be true or false"),
    };

    private static int ReadCount(HttpRequest request) => request.Query[Count].ToString() switch
    {
        "" => SessionSummary.DefaultCount,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= SessionSummary.MaxCount => count,
        _ => throw new InvalidInputException(Count, $"must be a whole number from 1 to {SessionSummary.MaxCount}"),
    };
}

/// <summary>A session that has a run under way.</summary>
/// <param name="ScopeId">The scope.</param>
/// <param name="UserId">The user within the scope.</param>
/// <param name="SessionId">The session's id.</param>
internal sealed record LiveSession(
    [property: JsonPropertyName("scope_id"), JsonConverter(typeof(IdJsonConverter))] string ScopeId,
    [property: JsonPropertyName("user_id"), JsonConverter(typeof(IdJsonConverter))] string UserId,
    [property: JsonPropertyName("session_id")] string SessionId);

/// <summary>A session in the list of all.</summary>
/// <param name="ScopeId">The scope.</param>
/// <param name="UserId">The user within the scope.</param>
/// <param name="SessionId">The session's id.</param>
/// <param name="Title">Its title, or the beginning of its first prompt.</param>
/// <param name="Changed">When its history last grew; null when it has none yet.</param>
/// <param name="IsLive">Whether it has a run under way.</param>
internal sealed record ListedSession(
    [property: JsonPropertyName("scope_id"), JsonConverter(typeof(IdJsonConverter))] string ScopeId,
    [property: JsonPropertyName("user_id"), JsonConverter(typeof(IdJsonConverter))] string UserId,
    [property: JsonPropertyName("session_id")] string SessionId,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("changed")] DateTimeOffset? Changed,
    [property: JsonPropertyName("live")] bool IsLive)
{
    public static ListedSession Of(SessionSummary session) =>
        new(session.Key.Scope, session.Key.User, session.Key.Session, session.Title, session.Changed, session.IsLive);
}
