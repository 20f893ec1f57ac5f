using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>PATCH /chat/{session_id}</c>: gives a session a title.</summary>
internal static class RenameSession
{
    private const int MaxBodyLength = 64 * 1024;
    private const string Title = "title";

    public static void MapRenameSession(this RouteGroupBuilder chat) =>
        chat.MapPatch("{session_id}", async Task<Results<Ok<TitleView>, ProblemHttpResult>> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            var key = context.Caller().Session(session_id);
            var fields = new JsonFields(await JsonBody.ReadObjectAsync(context.Request, MaxBodyLength, context.RequestAborted));
            var title = fields.Text(Title, SessionTitleRules.Title);
            fields.RefuseOthers(Title);
            fields.ThrowIfAnyIsWrong();
            return await client.RenameSessionAsync(key, title!, CancellationToken.None) ? TypedResults.Ok(new TitleView(session_id, SessionTitleRules.Trim(title))) : Sessions.Unknown();
        }).Is("Gives a session a title.").TakesBody<TitleBody>().Refuses(404, 409).TakesTokens(SessionVerbs.Rename);
}

/// <summary>A session's title.</summary>
/// <param name="SessionId">The session's id.</param>
/// <param name="Title">The title as it is kept.</param>
internal sealed record TitleView([property: JsonPropertyName("session_id")] string SessionId, [property: JsonPropertyName("title")] string Title);
