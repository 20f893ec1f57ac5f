using AgentStream.Background;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Recovery;

/// <summary>
/// Holds the runs that this process has against those that the log says it has. One that the log has alone is a start that it carried out so late that it had been given up: the lease would keep
/// such a run open forever, so it is handed off, and the process that recovers it brings it to its end. One that the process has alone was taken out of the log's lists by another program: it is
/// put back, or no other process would find it.
/// </summary>
internal sealed class UnstartedRuns(RunEnvironment environment)
{
    private readonly FaultLog _faults = new(environment.Logger);
    private HashSet<RunToken> _suspects = [];
    private HashSet<RunToken> _missing = [];

    /// <summary>Hands off, and puts back, what was found by the last look, too. Looks must be further apart than a start takes (<see cref="AgentStreamOptions.RedisTimeout"/>).</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var running = environment.Owned.GetRuns();
        var owned = await environment.Store.FindOwnedAsync(environment.Silo.Id, cancellationToken);
        var (isRunning, isOwned) = (running.Select(run => run.Key).ToHashSet(), owned.ToHashSet());
        var missing = running.Where(run => !isOwned.Contains(run.Key)).ToHashSet();
        foreach (var run in missing.Where(_missing.Contains))
        {
            await _faults.TryAsync($"Listing run {run.RunId} of session {run.Key}", () => environment.Store.KeepAsync(run, cancellationToken));
        }

        var found = new HashSet<RunToken>();
        foreach (var key in owned.Where(key => !isRunning.Contains(key)))
        {
            await _faults.TryAsync($"Looking for the run of session {key}", async () =>
            {
                if (await environment.Store.FindRunAsync(key, cancellationToken: cancellationToken) is { HasEnded: false } known && known.Run.SiloId == environment.Silo.Id)
                {
                    found.Add(known.Run);
                }
            });
        }

        foreach (var run in found.Where(_suspects.Contains))
        {
            environment.Logger.LogWarning("Run {Run} of session {Session} is owned by this process, which does not run it. It is handed off.", run.RunId, run.Key);
            await _faults.TryAsync($"Giving away run {run.RunId} of session {run.Key}", () => environment.Store.HandOffAsync(run, cancellationToken));
        }

        (_suspects, _missing) = (found, missing);
    }
}
