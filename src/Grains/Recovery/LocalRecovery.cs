using AgentStream.Grains.Runs;
using AgentStream.Storage;

namespace AgentStream.Grains.Recovery;

/// <summary>Recovers runs in this process, without their sessions' grains.</summary>
internal sealed class LocalRecovery(RunRecovery recovery, RunHost runs) : IRecovery
{
    /// <inheritdoc/>
    public async Task<bool> RecoverAsync(RunToken orphan, CancellationToken cancellationToken) => Go(await recovery.ClaimAsync(orphan, cancellationToken));

    /// <inheritdoc/>
    public async Task<bool> RestartAsync(SessionKey key, CancellationToken cancellationToken) => Go(await recovery.RestartAsync(key, cancellationToken));

    private bool Go(Recovered recovered)
    {
        if (recovered.Run is { } run)
        {
            _ = runs.Go(run);
        }

        return recovered.IsTaken;
    }
}
