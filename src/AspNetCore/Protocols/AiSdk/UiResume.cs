using System.Text.Json;
using AgentStream.AspNetCore.Sse;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>Continues behind the last message of a history: <c>?after=</c> with its id. So an answer is shown once, whatever has happened since the history was read.</summary>
/// <param name="key">The session.</param>
/// <param name="begin">The begin of the message's run.</param>
/// <param name="isAnswer">Whether the message is an answer, and complete; if not, it is a question.</param>
internal sealed class UiResume(SessionKey key, Cursor begin, bool isAnswer)
{
    private const string After = "after";
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    /// <summary>Reads the request.</summary>
    /// <returns>How to continue; null when it does not name a message of the history. The place of a frame says more, and counts.</returns>
    public static UiResume? Read(SessionKey key, HttpRequest request) =>
        request.Headers.ContainsKey("Last-Event-ID") || request.Query[After] is not [{ } id] || MessageId.Read(id, key.Session) is not var (begin, isAnswer)
            ? null
            : new UiResume(key, begin, isAnswer);

    /// <summary>What there is behind the message.</summary>
    /// <param name="client">Looks for it.</param>
    /// <param name="major">The major version of the AI SDK that reads.</param>
    /// <returns>The answer to a question, from its beginning; behind an answer the run under way; 204 for nothing.</returns>
    public async Task<Results<EventStream, NoContent>> FollowAsync(AgentStreamClient client, int major)
    {
        if (!isAnswer)
        {
            return await client.HasMoreAsync(key, begin.Previous) ? new EventStream(key, begin.Previous, Rendering(major, null)) : TypedResults.NoContent();
        }

        // A page that is reloaded between two runs asks this each time: its history is not read for that once more.
        return await client.IsLiveAsync(key) && await client.GetSessionAsync(key) is { IsLive: true } session
            ? new EventStream(key, after: null, Rendering(major, session.Run is { IsContinuation: true } ? Continued(session) : null))
            : TypedResults.NoContent();
    }

    private UiMessageRenderer Rendering(int major, AiSdkAnswers? continued) => new(new FrameWriter(null), key.Session, major, continued);

    /// <summary>The message that the run under way continues; null when it is not this one.</summary>
    private AiSdkAnswers? Continued(SessionSnapshot session)
    {
        using var messages = JsonDocument.Parse(session.Messages, Reading);
        return UiHistory.Read(key.Session, session, messages.RootElement) is [.., { IsAnswer: true } last] && last.Id == MessageId.OfAnswer(key.Session, begin)
            ? new AiSdkAnswers(last.Id, [], [.. last.Calls])
            : null;
    }
}
