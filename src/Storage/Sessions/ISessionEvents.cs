namespace AgentStream.Storage.Sessions;

/// <summary>Carries what happens to sessions to those who watch a user's sessions, in any process. Nothing is kept: who was away reads the list of the sessions anew.</summary>
public interface ISessionEvents
{
    /// <summary>Tells those who watch the session's user. It neither waits nor fails: where the event cannot be told now, watchers are told to read the list anew when it can.</summary>
    /// <param name="change">What has happened.</param>
    void Publish(SessionEvent change);

    /// <summary>Watches a user's sessions.</summary>
    /// <param name="user">The user.</param>
    /// <param name="heard">Called with each event, on any thread, in the order in which one process told them; null when some may have been lost. It must not block.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Ends the watch when disposed. Once this has been answered, every later event is heard.</returns>
    /// <exception cref="StorageUnavailableException">The store is out of reach.</exception>
    Task<IAsyncDisposable> WatchAsync(UserKey user, Action<SessionEvent?> heard, CancellationToken cancellationToken = default);
}
