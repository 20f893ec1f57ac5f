using AgentStream.Grains.Runs;

namespace AgentStream;

/// <summary>Runs an agent without a grain: the Python library's <c>run</c>, for programs that want no actors.</summary>
public static class AgentRunner
{
    /// <summary>
    /// Runs a prompt to its end: takes the session, streams the run's events, keeps the history, and writes <c>end</c>, whatever happens.
    /// What went wrong stands in the stream as an <c>error</c>, and is thrown here.
    /// </summary>
    /// <param name="session">The session's history and where it is kept.</param>
    /// <param name="agent">The agent, from <see cref="StandaloneRuntime.NewAgent"/>.</param>
    /// <param name="prompt">What the user says; not empty, at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</param>
    /// <param name="deps">The session's stream, from <see cref="StandaloneRuntime.NewDeps"/>; one for each run.</param>
    /// <param name="cancellationToken">Cancels the run, as <see cref="Deps.CancelAsync"/> does.</param>
    /// <returns>A task that completes when the stream has its <c>end</c>.</returns>
    /// <exception cref="InvalidInputException">The prompt breaks its rule; nothing was changed.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way; nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    /// <exception cref="RunCanceledException">The run was canceled.</exception>
    /// <exception cref="Exception">What the model, or the session's store, threw.</exception>
    public static async Task RunAsync(StandaloneSession session, Agent agent, string prompt, Deps deps, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(deps);
        Prompts.Check(prompt);
        cancellationToken.ThrowIfCancellationRequested();

        await deps.StartAsync();
        var run = new AgentRun(deps.Environment, session.Journal, agent, session.History, deps);
        await run.AcceptAsync(prompt);
        await using var registration = cancellationToken.Register(() => _ = deps.CancelAsync(CancellationToken.None));
        if (await run.ExecuteAsync() is { } failure)
        {
            throw failure;
        }
    }
}
