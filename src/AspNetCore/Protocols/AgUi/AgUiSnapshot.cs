using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>A session's history as <c>MESSAGES_SNAPSHOT</c>, and behind it the run under way, from its beginning. Without one, the run is one that says nothing else.</summary>
internal static class AgUiSnapshot
{
    /// <summary>Reads the history.</summary>
    /// <param name="client">Reads it.</param>
    /// <param name="key">The session.</param>
    /// <param name="written">Called when the history is written, and no longer in memory.</param>
    public static async Task<IResult> ReadAsync(AgentStreamClient client, SessionKey key, Action written)
    {
        var session = await client.GetSessionAsync(key);
        var rendering = new AgUiRenderer(new FrameWriter(null), key.Session, runId: session?.IsLive == true ? null : session?.Run?.RunId, history: AgUiHistory.Read(key.Session, session)) { HistoryWritten = written };

        // Behind a place, so that a run that has ended by now is shown all the same.
        return session is { IsLive: true, Run.Begin: var begin } ? new EventStream(key, begin?.Previous, rendering) : new IdleResult(rendering, session?.Pending ?? []);
    }

    private sealed class IdleResult(AgUiRenderer rendering, IReadOnlyList<PendingRequest> pending) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "text/event-stream";
            httpContext.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
            rendering.WriteIdle(httpContext.Response.BodyWriter, pending);
            await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}
