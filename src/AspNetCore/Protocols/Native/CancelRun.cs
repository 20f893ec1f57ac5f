using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>POST /chat/{session_id}/cancel</c>: cancels a session's run, wherever it runs.</summary>
internal static class CancelRun
{
    public static void MapCancelRun(this RouteGroupBuilder chat) =>
        chat.MapPost("{session_id}/cancel", async Task<Ok<CancelAnswer>> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            // Not aborted with the request: whoever asked wants the run to stop, whether or not they wait for the answer.
            var cancelled = await client.CancelAsync(context.Caller().Session(session_id), CancellationToken.None);
            return TypedResults.Ok(new CancelAnswer(cancelled));
        }).Is("Cancels the run under way.").Refuses().TakesTokens(SessionVerbs.Cancel);
}

/// <summary>The answer to a cancel.</summary>
/// <param name="Cancelled">Whether it was this call that canceled the run.</param>
internal sealed record CancelAnswer([property: JsonPropertyName("cancelled")] bool Cancelled);
