using Orleans.Concurrency;

namespace AgentStream.Grains.Recovery;

/// <summary>What silos ask a session's grain for when a run of the session has lost its silo. It is the same grain as <see cref="ISessionGrain"/>.</summary>
[Alias("AgentStream.ISessionRecovery")]
internal interface ISessionRecovery : IGrainWithStringKey
{
    /// <summary>Claims an orphaned run and resumes it in this grain.</summary>
    /// <param name="siloId">The silo that owned the run.</param>
    /// <param name="runId">The run.</param>
    /// <param name="turn">Its turn there.</param>
    /// <returns>False when the grain's silo cannot have the run, or another has it by now.</returns>
    [AlwaysInterleave, Alias("RecoverAsync")]
    Task<bool> RecoverAsync(string siloId, string runId, int turn);

    /// <summary>Resumes the run that the journal has no end of, in a stream that begins anew: the log of its process is gone.</summary>
    /// <returns>False when there is no such run.</returns>
    [AlwaysInterleave, Alias("RestartAsync")]
    Task<bool> RestartAsync();
}
