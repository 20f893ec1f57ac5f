using AgentStream.Cli.Target;
using Orleans.Runtime.Placement;

namespace AgentStream.Cli.Top;

/// <summary>Looks at what is under way: at a cluster, for an operator, or at the caller's own runs.</summary>
internal static class TopSource
{
    // A silo that has died is in the membership for a while, and one that is older than this command does not know the grain.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Looks.</summary>
    /// <param name="target">What to look at.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<TopLook> LookAsync(ITarget target, TimeProvider time, CancellationToken cancellationToken) =>
        target.Cluster is { } cluster ? LookAsync(cluster, time, cancellationToken) : LookAsync(target.Client, target.User, time, cancellationToken);

    /// <summary>All silos, and the runs of all users.</summary>
    internal static async Task<TopLook> LookAsync(IGrainFactory cluster, TimeProvider time, CancellationToken cancellationToken)
    {
        var members = await cluster.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: false, cancellationToken);
        var silos = await Task.WhenAll(members
            .Where(member => member.Status != SiloStatus.Dead)
            .OrderBy(member => member.SiloName, StringComparer.Ordinal).ThenBy(member => member.StartTime)
            .Select(async member => new TopSilo(
                member.SiloName ?? "",
                member.SiloAddress.ToString(),
                member.Status.ToString().ToLowerInvariant(),
                new DateTimeOffset(DateTime.SpecifyKind(member.StartTime, DateTimeKind.Utc)),
                member.Status == SiloStatus.Active ? await AskAsync(cluster, member.SiloAddress, time, cancellationToken) : null)));
        var runs = silos.SelectMany(silo => (silo.Figures?.Runs ?? []).Select(run =>
            new TopRun(run.Key.Session, run.Key.UserKey.ToString(), null, run.Agent, silo.Address, run.Since, run.Entries)));
        return new(time.GetUtcNow(), silos, [.. runs.OrderBy(run => run.Since)], silos.Sum(silo => silo.Figures?.RunCount ?? 0));
    }

    /// <summary>The caller's own runs, as the server lists them.</summary>
    internal static async Task<TopLook> LookAsync(IAgentStreamClient client, UserKey user, TimeProvider time, CancellationToken cancellationToken)
    {
        // All live ones are in the list, whatever its length.
        var page = await client.ListSessionsAsync(user, new SessionQuery(), cancellationToken);
        var runs = page.Sessions.Where(session => session.IsLive).OrderBy(session => session.Changed ?? DateTimeOffset.MaxValue)
            .Select(session => new TopRun(session.Key.Session, null, session.Title, null, null, null, null)).ToArray();
        return new(time.GetUtcNow(), null, runs, runs.Length);
    }

    /// <summary>What a silo says of itself; null when it does not.</summary>
    private static async Task<SiloFigures?> AskAsync(IGrainFactory cluster, SiloAddress address, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = address.ToParsableString();
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, address);
            var figures = await cluster.GetGrain<ISiloGrain>(key).GetAsync(SiloFigures.MaxRuns).WaitAsync(Patience, time, cancellationToken);
            return figures.Address == key ? figures : null;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return null;
        }
    }
}
