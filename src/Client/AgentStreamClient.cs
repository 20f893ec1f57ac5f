using System.Runtime.CompilerServices;
using AgentStream.EventLog;
using Orleans;

namespace AgentStream.Client;

/// <summary>Starts, follows, cancels and finds runs, from within the process or cluster that runs them.</summary>
/// <param name="grains">Finds the grains.</param>
/// <param name="log">The event log.</param>
/// <param name="hub">This process's listening to the event log.</param>
public sealed class AgentStreamClient(IGrainFactory grains, IEventLog log, EventHub hub) : IAgentStreamClient
{
    /// <inheritdoc/>
    public Task<StartedRun> StartAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default) =>
        Session(key).StartAsync(request).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamEvent> RunAsync(
        SessionKey key, RunRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var run = await StartAsync(key, request, cancellationToken).ConfigureAwait(false);
        await foreach (var streamEvent in ListenAsync(key, after: null, cancellationToken).ConfigureAwait(false))
        {
            if (streamEvent.IsBegin && streamEvent.Cursor != run.Begin)
            {
                yield break;
            }

            yield return streamEvent;
        }
    }

    /// <inheritdoc/>
    /// <remarks>While the event log is out of reach it waits. The session's grain is not loaded.</remarks>
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

    /// <inheritdoc/>
    public Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default) => log.CancelAsync(key, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) => log.IsLiveAsync(key, cancellationToken);

    /// <inheritdoc/>
    public Task<SessionKey[]> QueryAsync(UserKey user, bool includeForeign = false, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IRegistryGrain>(user.ToString()).QueryAsync(includeForeign).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<SessionSnapshot?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) => Session(key).GetAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task ImportAsync(SessionKey key, byte[] messages, CancellationToken cancellationToken = default) => Session(key).ImportAsync(messages).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(SessionKey key, CancellationToken cancellationToken = default) => Session(key).DeleteAsync().WaitAsync(cancellationToken);

    private ISessionGrain Session(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return grains.GetGrain<ISessionGrain>(key.ToString());
    }
}
