using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>What the front ends' routes have in common: a run is started and rendered, or the session's current run is rendered again.</summary>
internal static class FrontEndStream
{
    /// <summary>
    /// The longest body, in bytes: these clients send the whole conversation with each prompt, of which only the prompt counts here.
    /// </summary>
    internal const int MaxBodyLength = 16 * 1024 * 1024;

    /// <summary>Starts a run.</summary>
    /// <param name="client">Starts it.</param>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="rendering">How the run's events become frames.</param>
    /// <returns>The run, from its <c>begin</c>; when it has to wait for its turn, the stream is silent until then.</returns>
    public static async Task<EventStream> StartAsync(AgentStreamClient client, SessionKey key, RunRequest request, IFrameRenderer rendering)
    {
        // Not aborted with the request: a caller who goes away now must not leave a prompt half started.
        var run = await client.StartAsync(key, request, CancellationToken.None);
        return new EventStream(key, after: null, rendering) { Run = run };
    }

    /// <summary>Gives the answers to what a session waits for.</summary>
    /// <param name="client">Takes them.</param>
    /// <param name="key">The session.</param>
    /// <param name="answers">The answers, at least one.</param>
    /// <param name="rendering">How the run's events become frames.</param>
    /// <returns>The run that continues, from its <c>begin</c>. The same answers again get the same.</returns>
    /// <exception cref="RefusedException">Other requests are still open.</exception>
    public static async Task<EventStream> AnswerAsync(AgentStreamClient client, SessionKey key, IReadOnlyList<RequestAnswer> answers, IFrameRenderer rendering)
    {
        AnswerReceipt? receipt = null;
        foreach (var answer in answers)
        {
            receipt = await client.AnswerAsync(key, answer, CancellationToken.None);
        }

        // By its id, and not from a place in the stream: it may have been started by the same answers before.
        return receipt!.RunId is { } runId
            ? new EventStream(key, after: null, rendering) { Run = new StartedRun(runId, Cursor.Start) }
            : throw new RefusedException(
                StatusCodes.Status409Conflict, $"The answers are kept, and {receipt.Pending} more {(receipt.Pending == 1 ? "is" : "are")} needed before the run continues.");
    }

    /// <summary>Continues with the session's current run, or with one that has ended and is still there: a client that lost its connection is owed the end.</summary>
    /// <param name="client">Looks for the run.</param>
    /// <param name="key">The session.</param>
    /// <param name="request">The request; its <c>Last-Event-ID</c> is the place of the last frame that the client has.</param>
    /// <param name="newRendering">How the run's events become frames.</param>
    /// <returns>The run's frames behind that place; all frames of a run that the stream does not have any more; or 204 when there is no run.</returns>
    public static async Task<Results<EventStream, NoContent>> ResumeAsync(
        AgentStreamClient client, SessionKey key, HttpRequest request, Func<FrameWriter, IFrameRenderer> newRendering)
    {
        var place = FramePlace.Read(request.Headers["Last-Event-ID"]);
        var frames = new FrameWriter(place);

        // A client whose run was replaced meanwhile is owed its end, and not the beginning of the next.
        if (place is { } at && await client.FindUnreadRunAsync(key, at.Cursor, request.HttpContext.RequestAborted) is { } run)
        {
            return new EventStream(key, after: null, newRendering(frames)) { Run = run };
        }

        // The stream does not have it any more: the whole run, since what it said in pieces is now in one.
        if (place is { } late && await client.FindMissedRunAsync(key, late.Cursor, request.HttpContext.RequestAborted) is { } begin)
        {
            return new EventStream(key, begin.Previous, newRendering(new FrameWriter(null)));
        }

        // Rendered from the start of the run, whatever the place: what a frame looks like depends on those before it.
        return await client.HasMoreAsync(key, after: null, request.HttpContext.RequestAborted)
            ? new EventStream(key, after: null, newRendering(frames))
            : TypedResults.NoContent();
    }
}
