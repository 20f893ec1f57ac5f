using Orleans;
using Orleans.Concurrency;

namespace AgentStream;

/// <summary>A session: it runs the agent, keeps the history and writes the stream. Its key is <see cref="SessionKey.ToString"/>.</summary>
[Alias("AgentStream.ISessionGrain")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Starts a run and answers as soon as its <c>begin</c> is in the stream; the run goes on by itself.</summary>
    /// <param name="request">What to run.</param>
    /// <returns>The run, and where its stream begins.</returns>
    /// <exception cref="InvalidInputException">The prompt is empty or too long.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way.</exception>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    [Alias("StartAsync")]
    Task<StartedRun> StartAsync(RunRequest request);

    /// <summary>Cancels the session's run, whoever runs it.</summary>
    /// <returns>True for the one call that canceled the run; false when there was none, or it was canceled already.</returns>
    /// <exception cref="LogUnavailableException">The event log is out of reach.</exception>
    [AlwaysInterleave, Alias("CancelAsync")]
    Task<bool> CancelAsync();
}
