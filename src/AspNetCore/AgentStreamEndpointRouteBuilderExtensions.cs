using System.Diagnostics.CodeAnalysis;
using AgentStream.AspNetCore;
using AgentStream.AspNetCore.Protocols.Native;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The HTTP and SSE edge.</summary>
public static class AgentStreamEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the routes: <c>POST {pattern}</c> starts a run and streams it, <c>GET {pattern}/{session_id}/stream</c> follows one,
    /// <c>POST {pattern}/{session_id}/cancel</c> cancels one, <c>GET {pattern}</c> lists the caller's live sessions (all of them with <c>?all=true</c>),
    /// <c>GET</c> and <c>DELETE {pattern}/{session_id}</c> show and forget a session, <c>GET</c> and <c>PUT {pattern}/{session_id}/messages</c> are its messages,
    /// <c>POST {pattern}/{session_id}/approvals/{request_id}</c> and <c>POST {pattern}/{session_id}/tool-results/{tool_call_id}</c> answer what it waits for,
    /// <c>DELETE {pattern}/{session_id}/approval-rules/{rule_id}</c> takes a permission back, <c>GET</c> and <c>POST {pattern}/{session_id}/schedules</c> and
    /// <c>DELETE {pattern}/{session_id}/schedules/{schedule_id}</c> are prompts to come, <c>POST {pattern}/{session_id}/token</c> gives a browser a token for a session,
    /// <c>GET {pattern}/limits</c> shows the caller's limits, and <c>GET {pattern}/events</c> tells what happens to the caller's sessions.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the routes stand.</param>
    /// <returns>The group of the routes, for conventions such as authorization or rate limits.</returns>
    /// <exception cref="InvalidOperationException">AgentStream's services are not registered.</exception>
    public static RouteGroupBuilder MapAgentStream(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/chat")
    {
        var chat = endpoints.MapEdge(pattern, nameof(MapAgentStream));
        chat.MapStartRun();
        chat.MapFollowRun();
        chat.MapCancelRun();
        chat.MapListSessions();
        chat.MapSessionHistory();
        chat.MapRenameSession();
        chat.MapAnswers();
        chat.MapSchedules();
        chat.MapReadLimits();
        chat.MapWatchSessions();
        chat.MapMakeToken();
        return chat;
    }
}
