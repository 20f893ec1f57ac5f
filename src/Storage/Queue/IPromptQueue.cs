namespace AgentStream.Storage.Queue;

/// <summary>
/// The prompts that wait for a busy session (<see cref="BusySessionBehavior.Queue"/>), beside the journal and as lasting. A user with a database of their own may implement this, too.
/// </summary>
public interface IPromptQueue
{
    /// <summary>The most prompts that wait for one session; a queue that only grows has a client that does not listen.</summary>
    const int MaxQueued = 100;

    /// <summary>Adds a prompt behind those that wait. Repeated with the same prompt, it answers as the first time.</summary>
    /// <param name="key">The session.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Its place, from 1; 0 when <see cref="MaxQueued"/> wait already, and nothing was added.</returns>
    ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default);

    /// <summary>The prompts that wait for a session.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The prompts, the next one first.</returns>
    ValueTask<IReadOnlyList<QueuedPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>The runs that the waiting prompts of a session are going to be. A queue that can tell without reading the prompts does so: they may be long.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The ids of the runs, the next one first.</returns>
    async ValueTask<IReadOnlyList<string>> ReadRunsAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        [.. (await ReadAsync(key, cancellationToken)).Select(prompt => prompt.RunId)];

    /// <summary>Takes a prompt out, because the journal has it now. One that is not there is no error.</summary>
    /// <param name="key">The session.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is out.</returns>
    ValueTask RemoveAsync(SessionKey key, QueuedPrompt prompt, CancellationToken cancellationToken = default);

    /// <summary>Takes all prompts of a session out.</summary>
    /// <param name="owner">The run that owns the session meanwhile; a queue that several processes share proves its ownership in the same atomic step.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when they are out, or were left because the run has lost the session.</returns>
    ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default);

    /// <summary>Finds sessions that prompts wait for.</summary>
    /// <param name="count">The most sessions to find; which ones, is left to chance when there are more.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions.</returns>
    ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default);
}
