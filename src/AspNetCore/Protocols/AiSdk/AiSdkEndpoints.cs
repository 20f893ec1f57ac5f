using System.Diagnostics.CodeAnalysis;
using AgentStream;
using AgentStream.AspNetCore;
using AgentStream.AspNetCore.Protocols;
using AgentStream.AspNetCore.Protocols.AiSdk;
using AgentStream.AspNetCore.Protocols.Native;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Sessions for front ends that are made with the Vercel AI SDK.</summary>
public static class AiSdkEndpoints
{
    /// <summary>
    /// Maps what <c>useChat</c> speaks, the UI message stream of the AI SDK (npm <c>ai</c>): <c>POST {pattern}</c> starts a run and streams it,
    /// <c>GET {pattern}/{session_id}/stream</c> streams it again, <c>GET {pattern}/{session_id}/messages</c> is the history as <c>UIMessage[]</c>,
    /// <c>POST {pattern}/{session_id}/cancel</c> cancels the run. See docs/frontends.md.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the routes stand; the SDK's own default unless given.</param>
    /// <returns>The group of the routes, for conventions such as authorization or CORS.</returns>
    /// <exception cref="InvalidOperationException">AgentStream's services are not registered.</exception>
    public static RouteGroupBuilder MapAgentStreamAiSdk(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/api/chat")
    {
        var chat = endpoints.MapEdge(pattern, nameof(MapAgentStreamAiSdk));
        chat.ExcludeFromDescription();
        chat.MapPost("", async Task<EventStream> (HttpContext context, AgentStreamClient client) =>
        {
            var major = AiSdkRequest.ReadMajor(context.Request);
            var request = await AiSdkRequest.ReadAsync(context.Request, context.RequestAborted);
            var key = context.Caller().Session(request.Id);
            var rendering = new UiMessageRenderer(new FrameWriter(null), key.Session, major, request.Answers);
            return Announce(context, await (request.Answers is { Answers: var answers }
                ? FrontEndStream.AnswerAsync(client, key, answers, rendering)
                : FrontEndStream.StartAsync(client, key, request.Run! with { Claims = context.CallerClaims() }, rendering)));
        }).CountsListeners();
        chat.MapGet("{session_id}/stream", async Task<Results<EventStream, NoContent>> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            var major = AiSdkRequest.ReadMajor(context.Request);
            var key = context.Caller().Session(session_id);
            return Announce(context, UiResume.Read(key, context.Request) is { } resume
                ? await resume.FollowAsync(client, major)
                : await FrontEndStream.ResumeAsync(client, key, context.Request, frames => new UiMessageRenderer(frames, key.Session, major)));
        }).CountsListeners().TakesTokens(SessionVerbs.Follow);
        chat.MapGet("{session_id}/messages", async Task<UiMessagesResult> (string session_id, HttpContext context, AgentStreamClient client) =>
        {
            var major = AiSdkRequest.ReadMajor(context.Request);
            var key = context.Caller().Session(session_id);
            return new UiMessagesResult(key.Session, await client.GetSessionAsync(key), major);
        }).IsLongAnswer().TakesTokens(SessionVerbs.Read);
        chat.MapCancelRun();
        return chat;
    }

    private static T Announce<T>(HttpContext context, T answer)
    {
        context.Response.Headers["x-vercel-ai-ui-message-stream"] = "v1";
        return answer;
    }
}
