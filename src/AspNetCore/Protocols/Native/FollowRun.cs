using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>GET /chat/{session_id}/stream</c>: follows a session's run, or all of its runs, from its start or behind a cursor.</summary>
internal static class FollowRun
{
    private const string LastEventId = "Last-Event-ID";
    private const string After = "after";
    private const string Run = "run";
    private const string Follow = "follow";

    public static void MapFollowRun(this RouteGroupBuilder chat) =>
        chat.MapGet("{session_id}/stream", async Task<Results<EventStream, NoContent>> (string session_id, HttpContext context, AgentStreamClient client, SessionTokens tokens) =>
        {
            var key = context.Caller().Session(session_id);
            var after = ReadCursor(context.Request);
            var rendering = context.TokenInAddress() is { } token ? new RenewedTokenFrames(tokens, token) : null;

            if (ReadFollow(context.Request))
            {
                return new EventStream(key, after, rendering) { IsOfSession = true };
            }

            if (after is null && context.Request.Query[Run] is [{ Length: > 0 } runId])
            {
                // A run that waits for its turn is not the session's yet: who asked for it does not want to see the one before.
                return await client.IsKnownAsync(key, runId, context.RequestAborted) ? new EventStream(key, after, rendering) { RunId = runId } : TypedResults.NoContent();
            }

            // A browser's EventSource connects again after every end of a stream; only 204 makes it stop.
            return await client.HasMoreAsync(key, after, context.RequestAborted) ? new EventStream(key, after, rendering) : TypedResults.NoContent();
        }).CountsListeners()
            .Is("Follows a session's run, or all of its runs. It starts none.")
            .TakesHeader(LastEventId, "The id of the last frame that is known.").TakesQuery(After, "The same, for clients that cannot send the header.")
            .TakesQuery(Run, "A run, also while it is queued.").TakesQuery(Follow, "true to follow the session over its runs.")
            .AnswersEvents<FrameData>().Produces(StatusCodes.Status204NoContent).Refuses(429)
            .TakesTokens(SessionVerbs.Follow);

    private static bool ReadFollow(HttpRequest request) => ((string?)request.Query[Follow], request.Query.ContainsKey(Run)) switch
    {
        (null or "" or "false", _) => false,
        ("true", false) => true,
        ("true", true) => throw new InvalidInputException(Follow, $"cannot be true together with {Run}"),
        _ => throw new InvalidInputException(Follow, "must be true or false"),
    };

    // A browser that connects again repeats the address it began with, so the header is the newer of the two.
    private static Cursor? ReadCursor(HttpRequest request) =>
        ReadCursor(LastEventId, request.Headers[LastEventId]) ?? ReadCursor(After, request.Query[After]);

    private static Cursor? ReadCursor(string field, string? text) => text switch
    {
        null or "" => null,
        _ when Cursor.TryParse(text, out var cursor) => cursor,
        _ => throw new InvalidInputException(field, "must be {milliseconds}-{sequence}, as an event's id gives it"),
    };
}
