using AgentStream.Storage;

namespace AgentStream.Grains.Recovery;

/// <summary>
/// Has runs recovered by their sessions' grains, so that Orleans places them and each run is where the calls of its session go. When a grain cannot be reached (its silo has died, and the
/// cluster has not noticed yet) or its silo cannot have the run, the run is recovered here: nobody who listens waits for that.
/// </summary>
internal sealed class GrainRecovery(IGrainFactory grains, RunRecovery recovery, LocalRecovery local, TimeProvider time) : IRecovery
{
    // A claim takes milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<bool> RecoverAsync(RunToken orphan, CancellationToken cancellationToken) =>
        recovery.MayClaim(orphan)
        && (await AskAsync(orphan.Key, grain => grain.RecoverAsync(orphan.SiloId, orphan.RunId, orphan.Turn), cancellationToken)
            || await local.RecoverAsync(orphan, cancellationToken));

    /// <inheritdoc/>
    public async Task<bool> RestartAsync(SessionKey key, CancellationToken cancellationToken) =>
        await AskAsync(key, grain => grain.RestartAsync(), cancellationToken) || await local.RestartAsync(key, cancellationToken);

    private async Task<bool> AskAsync(SessionKey key, Func<ISessionRecovery, Task<bool>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(grains.GetGrain<ISessionRecovery>(key.ToString())).WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return false;
        }
    }
}
