using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.Events;
using AgentStream.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>/chat/{session_id}</c> and <c>/chat/{session_id}/messages</c>: what a session has come to, its messages, out and in.</summary>
internal static class Sessions
{
    /// <summary>The longest history that can be brought in, in bytes: it crosses the cluster in one call, and Orleans takes 100 MiB.</summary>
    internal const int MaxHistoryLength = 16 * 1024 * 1024;

    public static void MapSessionHistory(this RouteGroupBuilder chat)
    {
        chat.MapGet("{session_id}", async Task<Results<SessionResult, ProblemHttpResult>> (string session_id, HttpContext context, AgentStreamClient client) =>
            await client.GetSessionAsync(context.Caller().Session(session_id)) is { } session ? Describe(session_id, session) : Unknown())
            .IsLongAnswer().Is("Shows a session: its title, its run, its history.").Answers<SessionData>().Refuses(404).TakesTokens(SessionVerbs.Read);

        chat.MapGet("{session_id}/messages", async Task<Results<FileContentHttpResult, ProblemHttpResult>> (string session_id, HttpContext context, AgentStreamClient client) =>
            await client.GetSessionAsync(context.Caller().Session(session_id)) is { } session ? TypedResults.Bytes(session.Messages, "application/json") : Unknown())
            .IsLongAnswer().Is("Takes the history out, as messages.").Answers<JsonElement[]>().Refuses(404).TakesTokens(SessionVerbs.Read);

        chat.MapPut("{session_id}/messages", async Task<NoContent> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            var key = context.Caller().Session(session_id);
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = MaxHistoryLength + 1;
            }

            // Until it is kept: otherwise it would be held where it waits to be taken apart, next to others.
            using var upload = JsonBody.Open(context.Request, context.RequestAborted);
            await client.ImportMessagesAsync(key, await JsonBody.ReadAsync(context.Request, MaxHistoryLength, upload));
            return TypedResults.NoContent();
        }).Is("Brings a history in, in place of what there is.").TakesBody<JsonElement[]>().Refuses(409);

        chat.MapDelete("{session_id}", async Task<NoContent> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            await client.DeleteSessionAsync(context.Caller().Session(session_id));
            return TypedResults.NoContent();
        }).Is("Deletes a session, with its history, queued prompts and schedules.").Refuses(409);
    }

    private static SessionResult Describe(string sessionId, SessionSnapshot session) => new(
        new(
            sessionId,
            session.Title,
            session.IsLive ? "live" : "idle",
            session.Error,
            session.QueuedPrompts,
            RunView.Of(session.Run),
            [.. session.Pending.Select(PendingView.Of)],
            [.. session.Rules.Select(RuleView.Of)]),
        ModelMessages.EnumerateNodes(CleanJson.WithoutLoneSurrogates(session.Messages)));

    public static ProblemHttpResult Unknown() => Problems.Problem(StatusCodes.Status404NotFound, "Nobody has written to a session of that id.");
}

/// <summary>A session as its page shows it, but for its nodes.</summary>
/// <param name="SessionId">The session's id.</param>
/// <param name="Title">Its title, or the text of its first prompt.</param>
/// <param name="Status"><c>live</c> or <c>idle</c>.</param>
/// <param name="Error">What the stream of its last run said went wrong; null when it completed, or is under way.</param>
/// <param name="Waiting">How many prompts wait for the end of its run.</param>
/// <param name="Run">Its last run; null for none.</param>
/// <param name="Pending">The requests that wait for an answer.</param>
/// <param name="ApprovalRules">The calls that it allows without asking.</param>
internal sealed record SessionView(
    [property: JsonPropertyName("session_id")] string SessionId,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("waiting")] int Waiting,
    [property: JsonPropertyName("run")] RunView? Run,
    [property: JsonPropertyName("pending")] PendingView[] Pending,
    [property: JsonPropertyName("approval_rules")] RuleView[] ApprovalRules);

/// <summary>A session's last run.</summary>
/// <param name="RunId">The run; its nodes have the same <c>run_id</c>.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Begin">The cursor of its <c>begin</c>; null when its stream is not known any more.</param>
internal sealed record RunView(
    [property: JsonPropertyName("run_id")] string RunId, [property: JsonPropertyName("prompt")] string Prompt, [property: JsonPropertyName("begin")] string? Begin)
{
    public static RunView? Of(SessionRun? run) => run is null ? null : new(run.RunId, run.Prompt, run.Begin?.ToString());
}
