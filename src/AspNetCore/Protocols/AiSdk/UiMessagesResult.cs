using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>A session's history as an array of <c>UIMessage</c>.</summary>
/// <param name="session">The session's id.</param>
/// <param name="snapshot">What the session has come to; null for a session that nobody has written to, which has no messages.</param>
/// <param name="major">The major version of the AI SDK that reads.</param>
internal sealed class UiMessagesResult(string session, SessionSnapshot? snapshot, int major) : IResult
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var messages = JsonDocument.Parse(snapshot is null ? "[]"u8.ToArray() : CleanJson.WithoutLoneSurrogates(snapshot.Messages), Reading);
        await using var json = LongJson.Begin(httpContext.Response);
        json.WriteStartArray();
        foreach (var message in snapshot is null ? [] : UiHistory.Read(session, snapshot, messages.RootElement))
        {
            message.Write(json, major);
            if (!await json.SendAsync(httpContext.Response))
            {
                return;
            }
        }

        json.WriteEndArray();
    }
}
