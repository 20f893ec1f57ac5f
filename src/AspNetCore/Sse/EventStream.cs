using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Sse;

/// <summary>A session's events as server-sent events. The response completes at the run's end, and only then, or not at all; anything else breaks it off.</summary>
/// <param name="key">The session.</param>
/// <param name="after">Events behind this place; null for all of the current run.</param>
/// <param name="rendering">How events become frames; null for each as it is.</param>
/// <remarks>https://html.spec.whatwg.org/multipage/server-sent-events.html</remarks>
internal sealed class EventStream(SessionKey key, Cursor? after, IFrameRenderer? rendering = null) : IResult
{
    /// <summary>The run to follow from its <c>begin</c>, also if it has to wait for its turn; null for the session, whatever its run.</summary>
    public string? RunId { get; init; }

    /// <summary>The run to follow, as its start was answered; null for <see cref="RunId"/>, or the session.</summary>
    public StartedRun? Run { get; init; }

    /// <summary>Whether it stays open over the session's runs. Each <c>end</c> is a frame then.</summary>
    public bool IsOfSession { get; init; }

    public Task ExecuteAsync(HttpContext context) => SseResponse.SendAsync(context, key.ToString(), rendering ?? EventFrames.Instance, Listen);

    private IAsyncEnumerable<StreamEntry> Listen(AgentStreamClient client, CancellationToken cancellationToken) =>
        Run is not null ? client.FollowAsync(key, Run, cancellationToken)
        : RunId is not null ? client.FollowAsync(key, RunId, cancellationToken)
        : IsOfSession ? client.ListenToSessionAsync(key, after, cancellationToken)
        : client.ListenRawAsync(key, after, cancellationToken);
}
