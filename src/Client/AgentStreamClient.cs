using System.Runtime.CompilerServices;
using AgentStream.EventLog;
using Orleans;

namespace AgentStream.Client;

/// <summary>Starts, follows, cancels and finds runs, from within the process or cluster that runs them.</summary>
/// <param name="grains">Finds the grains.</param>
/// <param name="log">The event log.</param>
/// <param name="hub">This process's listening to the event log.</param>
public sealed class AgentStreamClient(IGrainFactory grains, IEventLog log, EventHub hub)
{
    /// <summary>Starts a run and answers as soon as its <c>begin</c> is in the stream; the run goes on by itself.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Gives up waiting; a run that has started goes on.</param>
    /// <returns>The run, and where its stream begins.</returns>
    /// <exception cref="InvalidInputException">The prompt is empty or too long.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way.</exception>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task<StartedRun> StartAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default) =>
        Session(key).StartAsync(request).WaitAsync(cancellationToken);

    /// <summary>
    /// Follows a session: every event behind the cursor once and in order, without <c>end</c>, at which it completes.
    /// Where there is nothing to follow it completes at once; while the event log is out of reach it waits. The session's grain is not loaded.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="after">Events behind this place; null for all of the current run.</param>
    /// <param name="cancellationToken">Ends the listening; the run goes on.</param>
    /// <returns>The events. A <c>begin</c> supersedes all before it.</returns>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    public async IAsyncEnumerable<StreamEvent> ListenAsync(
        SessionKey key, Cursor? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var streamEvent in hub.ListenAsync(key, after, cancellationToken).ConfigureAwait(false))
        {
            if (!streamEvent.IsEnd)
            {
                yield return streamEvent;
            }
        }
    }

    /// <summary>Whether somebody who listens behind a cursor would see an event, now or later.</summary>
    /// <param name="key">The session.</param>
    /// <param name="after">The place; null for before every event.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>False when the session has no run, or its last run has nothing but <c>end</c> behind the cursor.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public async Task<bool> HasMoreAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default)
    {
        var next = await log.ReadAsync(key, after ?? Cursor.Start, count: 1, cancellationToken).ConfigureAwait(false);
        return next.Events is [var first, ..] ? !first.IsEnd : next.IsOpen;
    }

    /// <summary>Cancels a session's run, whichever process runs it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True for the one call that canceled the run; false when there was none, or it was canceled already.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default) => log.CancelAsync(key, cancellationToken);

    /// <summary>Whether a session has a run under way that nobody has canceled.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if it has.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) => log.IsLiveAsync(key, cancellationToken);

    /// <summary>A user's live sessions.</summary>
    /// <param name="user">The user.</param>
    /// <param name="includeForeign">Also find sessions that another library started, by a scan over all keys.</param>
    /// <returns>Their keys, sorted by session id.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task<SessionKey[]> QueryAsync(UserKey user, bool includeForeign = false) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).QueryAsync(includeForeign);

    /// <summary>What a session has come to.</summary>
    /// <param name="key">The session.</param>
    /// <returns>The session; null when nobody has ever written to it.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task<SessionSnapshot?> GetAsync(SessionKey key) => Session(key).GetAsync();

    /// <summary>Replaces a session's history with one from elsewhere.</summary>
    /// <param name="key">The session.</param>
    /// <param name="messages">The messages as JSON, UTF-8, in the format of docs/protocol.md.</param>
    /// <returns>A task that completes when the history is kept.</returns>
    /// <exception cref="InvalidInputException">The JSON is not of that format; the exception names the place. Nothing was changed.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task ImportAsync(SessionKey key, byte[] messages) => Session(key).ImportAsync(messages);

    /// <summary>Forgets a session's history.</summary>
    /// <param name="key">The session.</param>
    /// <returns>A task that completes when nothing is left of it.</returns>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    public Task DeleteAsync(SessionKey key) => Session(key).DeleteAsync();

    private ISessionGrain Session(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return grains.GetGrain<ISessionGrain>(key.ToString());
    }
}
