using AgentStream.Storage;

namespace AgentStream.Grains.Recovery;

/// <summary>Brings orphaned runs on.</summary>
internal interface IRecovery
{
    /// <summary>Claims an orphaned run and resumes it.</summary>
    /// <param name="orphan">The run, with the owner that it had.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>False when the run is not to be had.</returns>
    Task<bool> RecoverAsync(RunToken orphan, CancellationToken cancellationToken);

    /// <summary>Resumes the run that a session's journal has no end of.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">This process stops.</param>
    /// <returns>False when there is no such run.</returns>
    Task<bool> RestartAsync(SessionKey key, CancellationToken cancellationToken);
}
