using System.Buffers;
using System.Runtime.CompilerServices;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Security;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>GET /chat/events</c>: what happens to the caller's sessions. It stays open.</summary>
internal static class WatchSessions
{
    public static void MapWatchSessions(this RouteGroupBuilder chat) =>
        chat.MapGet("events", (HttpContext context) => new SessionEventStream(context.Caller())).CountsListeners()
            .Is("Tells what happens to the caller's sessions. It stays open.").AnswersEvents<SessionEventData>().Refuses(429);
}

/// <summary>A user's session events as server-sent events.</summary>
/// <param name="user">The user.</param>
internal sealed class SessionEventStream(UserKey user) : IResult, IFrameRenderer
{
    public Task ExecuteAsync(HttpContext context) => SseResponse.SendAsync(context, user.ToString(), this, WatchAsync);

    // They are hints without a place: who comes back reads the list of the sessions. So there is no id.
    public bool Write(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        output.Write("data: "u8);
        output.Write(streamEvent.Body.Span);
        output.Write("\n\n"u8);
        return true;
    }

    public void Complete(IBufferWriter<byte> output)
    {
    }

    private async IAsyncEnumerable<StreamEntry> WatchAsync(AgentStreamClient client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var change in client.WatchSessionsAsync(user, cancellationToken))
        {
            yield return new StreamEntry(Cursor.Start, Protocol.Event, Protocol.AgentStreamOrigin, change.ToJson());
        }
    }
}
