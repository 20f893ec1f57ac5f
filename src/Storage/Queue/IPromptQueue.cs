namespace AgentStream.Storage.Queue;

/// <summary>
/// The prompts that wait for a busy session (<see cref="BusySessionBehavior.Queue"/>), next to the journal and as lasting. Prompts may be long, so only <see cref="FindAsync"/> reads one. A user with a
/// database of their own may implement this, too.
/// </summary>
public interface IPromptQueue
{
    /// <summary>The most prompts that wait for one session; a queue that only grows has a client that does not listen.</summary>
    const int MaxQueued = 100;

    /// <summary>Adds a prompt after those that wait. Repeated with the same prompt, it answers as the first time.</summary>
    /// <param name="key">The session.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="limits">How many prompts may wait (<see cref="UsageLimits.QueuedPrompts"/>): it is added only if its user and its scope have fewer. Null for any number.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Its place, from 1; 0 when <see cref="MaxQueued"/> wait already, and nothing was added.</returns>
    /// <exception cref="LimitExceededException">As many prompts wait as may. Nothing was added.</exception>
    ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, LimitOptions? limits = null, CancellationToken cancellationToken = default);

    /// <summary>Counts the prompts that wait for a session.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How many wait.</returns>
    async ValueTask<int> CountAsync(SessionKey key, CancellationToken cancellationToken = default) => (await ListAsync(key, cancellationToken)).Count;

    /// <summary>Counts the prompts that wait for all sessions of a user, and of its scope.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>How many wait.</returns>
    ValueTask<UsageCount> CountAsync(UserKey user, CancellationToken cancellationToken = default);

    /// <summary>Lists the prompts that wait for a session, without their texts.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>What is known of each, the next one first.</returns>
    ValueTask<IReadOnlyList<QueuedPromptInfo>> ListAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Reads one prompt.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run that it is going to be.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The prompt; null when it does not wait (any more).</returns>
    ValueTask<QueuedPrompt?> FindAsync(SessionKey key, string runId, CancellationToken cancellationToken = default);

    /// <summary>Takes a prompt out, because the journal has it now. One that is not there is no error.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run that it is going to be.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is out.</returns>
    ValueTask RemoveAsync(SessionKey key, string runId, CancellationToken cancellationToken = default);

    /// <summary>Takes all prompts of a session out.</summary>
    /// <param name="owner">The run that owns the session meanwhile; a queue that several processes share proves its ownership in the same atomic step.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when they are out, or were left because the run has lost the session.</returns>
    ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds sessions that prompts wait for. Users take turns, and so do the sessions of each: those that were found go to the end. So what one user lets wait does not delay another's, and every session
    /// is found after a bounded number of calls.
    /// </summary>
    /// <param name="count">
    /// The most sessions to find. What this costs grows with this number, and not with what waits. Each user that is found has the same share of it, so there may be fewer although more wait.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions; none only when none wait.</returns>
    ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default);
}
