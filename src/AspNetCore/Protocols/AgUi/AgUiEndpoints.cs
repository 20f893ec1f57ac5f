using System.Diagnostics.CodeAnalysis;
using AgentStream;
using AgentStream.AspNetCore;
using AgentStream.AspNetCore.Protocols;
using AgentStream.AspNetCore.Protocols.AgUi;
using AgentStream.AspNetCore.Protocols.Native;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Sessions for front ends that speak AG-UI.</summary>
public static class AgUiEndpoints
{
    /// <summary>
    /// Maps AG-UI (npm <c>@ag-ui/client</c>): <c>POST {pattern}</c> starts a run and streams it, <c>GET {pattern}/{threadId}</c> streams it again,
    /// <c>GET {pattern}/{threadId}/messages</c> streams the history before it, <c>POST {pattern}/{threadId}/cancel</c> cancels the run. See docs/frontends.md.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the routes stand.</param>
    /// <returns>The group of the routes, for conventions such as authorization or CORS.</returns>
    /// <exception cref="InvalidOperationException">AgentStream's services are not registered.</exception>
    public static RouteGroupBuilder MapAgentStreamAgUi(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/ag-ui")
    {
        var agents = endpoints.MapEdge(pattern, nameof(MapAgentStreamAgUi));
        agents.ExcludeFromDescription();
        agents.MapPost("", async Task<EventStream> (HttpContext context, AgentStreamClient client) =>
        {
            var request = await AgUiRequest.ReadAsync(context.Request, context.RequestAborted);
            var key = context.Caller().Session(request.ThreadId);
            var rendering = new AgUiRenderer(new FrameWriter(null), key.Session, request.RunId, request.Answered);
            return await (request.Answers is { } answers
                ? FrontEndStream.AnswerAsync(client, key, answers, rendering)
                : FrontEndStream.StartAsync(client, key, request.Run! with { Claims = context.CallerClaims() }, rendering));
        }).CountsListeners();
        agents.MapGet("{threadId}", (string threadId, HttpContext context, AgentStreamClient client) =>
        {
            var key = context.Caller().Session(threadId);
            return FrontEndStream.ResumeAsync(client, key, context.Request, frames => new AgUiRenderer(frames, key.Session, runId: null));
        }).CountsListeners().TakesTokens(SessionVerbs.Follow);
        agents.MapGet("{threadId}/messages", async Task<IResult> (string threadId, HttpContext context, AgentStreamClient client) =>
            await AgUiSnapshot.ReadAsync(client, context.Caller().Session(threadId), () => LongAnswerFilter.End(context)))
            .CountsListeners().IsLongAnswer().TakesTokens(SessionVerbs.Read);
        agents.MapCancelRun();
        return agents;
    }
}
