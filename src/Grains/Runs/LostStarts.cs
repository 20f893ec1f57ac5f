using AgentStream.EventLog;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Finds runs that this process owns and nobody here runs: a start that the log carried out so late that it had been given up. The lease would keep such a run open for ever, so it is given away,
/// and whoever takes it over brings it to its end.
/// </summary>
internal sealed class LostStarts(RunEnvironment environment)
{
    private HashSet<RunToken> _suspects = [];

    /// <summary>Gives away what was found by the last look, too. Looks must be further apart than a start takes (<see cref="AgentStreamOptions.RedisTimeout"/>).</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<RunToken>();
        var running = environment.Owned.Runs.Select(run => run.Key).ToHashSet();
        foreach (var key in await environment.Log.FindOwnedAsync(environment.Silo.Id, cancellationToken))
        {
            if (!running.Contains(key) && await environment.Log.FindRunAsync(key, cancellationToken) is { HasEnded: false } known && known.Run.SiloId == environment.Silo.Id)
            {
                found.Add(known.Run);
            }
        }

        foreach (var run in found.Where(_suspects.Contains))
        {
            environment.Logger.LogWarning("Run {Run} of session {Session} is owned by this process, which does not run it. It is given away.", run.RunId, run.Key);
            await environment.Log.ReleaseAsync(run, cancellationToken);
        }

        _suspects = found;
    }
}
