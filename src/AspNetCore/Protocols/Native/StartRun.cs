using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>POST /chat</c>: starts a run and answers with its stream, from its <c>begin</c>.</summary>
internal static class StartRun
{
    public static void MapStartRun(this RouteGroupBuilder chat) =>
        chat.MapPost("", async Task<EventStream> (HttpContext context, AgentStreamClient client) =>
        {
            var body = await ChatRequest.ReadAsync(context.Request, context.RequestAborted);
            var idempotencyKey = RunRules.ReadIdempotencyKey(context.Request);
            var key = context.Caller().Session(body.SessionId ?? (idempotencyKey is null ? SessionKey.NewSessionId() : SessionOf(idempotencyKey)));

            // Before the start, so that the caller can look for the run even if it is not known whether it has started.
            context.Response.Headers[ResponseHeaders.Session] = key.Session;

            // A caller who goes away now must not leave a prompt half started: the start is not theirs to abort, only the listening is.
            var run = await client.StartAsync(key, new RunRequest(body.Prompt, body.Agent, body.OnBusy, idempotencyKey, body.Tools, context.CallerClaims()) { Webhook = body.Webhook }, CancellationToken.None);
            context.Response.Headers[ResponseHeaders.Run] = run.RunId;
            if (run.QueuePosition > 0)
            {
                context.Response.Headers[ResponseHeaders.Waiting] = run.QueuePosition.ToString(CultureInfo.InvariantCulture);
            }

            return new EventStream(key, after: null) { Run = run };
        }).CountsListeners()
            .Is("Starts a run, and streams it from its begin on.").TakesBody<StartBody>().TakesHeader("Idempotency-Key", "Makes a request that is sent again known: 1 to 128 printable ASCII characters.")
            .AnswersEvents<FrameData>().AnswersHeader(ResponseHeaders.Session, "The session.").AnswersHeader(ResponseHeaders.Run, "The run.").AnswersHeader(ResponseHeaders.Waiting, "The place of a prompt that waits.")
            .Refuses(404, 409, 422, 429);

    /// <summary>A caller who leaves the choice of the session to us, and sends the same prompt again, means the same session.</summary>
    private static string SessionOf(string idempotencyKey) => new Guid(SHA256.HashData(Encoding.ASCII.GetBytes(idempotencyKey)).AsSpan(0, 16)).ToString();
}
