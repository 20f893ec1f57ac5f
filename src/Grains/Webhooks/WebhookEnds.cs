using AgentStream.Grains.Output;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Webhooks;

/// <summary>Whether a run has come to an end that was announced.</summary>
internal enum WebhookEnd
{
    /// <summary>It has.</summary>
    Came,

    /// <summary>The run has not ended, as far as anybody knows.</summary>
    NotYet,

    /// <summary>The run came to another end, or nothing is known of it any more.</summary>
    Never,
}

/// <summary>Looks up whether runs have come to the ends that were announced. That is rare: only where the process that announced one could not confirm it.</summary>
internal sealed class WebhookEnds(RunEnvironment environment, ISessionJournal journal)
{
    /// <summary>What an end is called.</summary>
    /// <param name="error">What is said of a run that did not complete; null of one that did.</param>
    public static string TypeOf(string? error) => error switch
    {
        null => WebhookEvents.RunCompleted,
        Protocol.CanceledMessage => WebhookEvents.RunCanceled,
        _ => WebhookEvents.RunFailed,
    };

    /// <summary>Looks up an end.</summary>
    public async Task<WebhookEnd> FindAsync(SessionKey key, string runId, string type, CancellationToken cancellationToken)
    {
        var (isStarted, isFollowed) = (false, false);
        foreach (var record in await journal.ReadAsync(key, 0, cancellationToken))
        {
            switch (record)
            {
                case RunEndedRecord ended when ended.RunId == runId:
                    return Compare(TypeOf(ended.Error));
                case RunPausedRecord paused when paused.RunId == runId:
                    return Compare(WebhookEvents.RunWaiting);
                case RunStartedRecord started:
                    isFollowed |= isStarted;
                    isStarted |= started.RunId == runId;
                    break;
            }
        }

        // The journal has no end of a run that it could not take one of, nor of a queued prompt that never became a run. The stream has, and says that it failed or was canceled.
        var known = isFollowed ? null : await environment.Store.FindRunAsync(key, runId, cancellationToken);
        return isFollowed || known is { HasEnded: true } ? (type is WebhookEvents.RunFailed or WebhookEvents.RunCanceled ? WebhookEnd.Came : WebhookEnd.Never)
            : isStarted || known is not null ? WebhookEnd.NotYet
            : WebhookEnd.Never;

        WebhookEnd Compare(string came) => came == type ? WebhookEnd.Came : WebhookEnd.Never;
    }
}
