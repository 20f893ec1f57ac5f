using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using Orleans.Placement;
using Orleans.Statistics;

namespace AgentStream.Grains.Sessions;

/// <summary>Tells operators what is under way on its silo. By chance, or by the hint of who asks, it is on the silo of its key; on another, it makes room for one that may be there.</summary>
[RandomPlacement]
internal sealed class SiloGrain(RunEnvironment environment, RunHost runs, ILocalSiloDetails silo, IEnvironmentStatisticsProvider statistics) : Grain, ISiloGrain
{
    Task<SiloFigures> ISiloGrain.GetAsync(int count)
    {
        var address = silo.SiloAddress.ToParsableString();
        if (address != this.GetPrimaryKeyString())
        {
            DeactivateOnIdle();
        }

        var live = runs.Runs;
        var now = statistics.GetEnvironmentStatistics();
        return Task.FromResult(new SiloFigures(
            address,
            live.Count,
            environment.Hub.ActiveListeners,
            now.FilteredCpuUsagePercentage,
            Environment.WorkingSet,
            [
                .. live.OrderBy(run => run.Begin).Take(Math.Clamp(count, 0, SiloFigures.MaxRuns))
                    .Select(run => new RunFigures(run.Key, run.RunId, run.Agent.Name, DateTimeOffset.FromUnixTimeMilliseconds((long)run.Begin.Milliseconds), run.Written)),
            ]));
    }
}
