using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// Before a silo joins, it marks those silos of this machine as dead whose process has ended: this silo has their port now, their port is unclaimed, or there is no such process. A joining silo waits for an answer of all that count as alive:
/// without this it would wait some ten seconds for one that was killed.
/// </summary>
internal sealed partial class DeadNeighbors(IMembershipTable table, ILocalSiloDetails self, ILogger<DeadNeighbors> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int Attempts = 5;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe<DeadNeighbors>(ServiceLifecycleStage.RuntimeGrainServices - 1, MarkAsync);

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellationToken);
        for (var attempt = 1; attempt <= Attempts && !await TryMarkAsync(cancellationToken); attempt++)
        {
            // Others change the list at the same time. Whatever stays is found by its silence.
        }
    }

    private async Task<bool> TryMarkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var silos = await table.ReadAllAsync(cancellationToken);
            if (silos.Members.FirstOrDefault(silo => IsDead(silo.Item1)) is not var (entry, etag))
            {
                return true;
            }

            entry.Status = SiloStatus.Dead;
            if (!await table.UpdateRowAsync(entry, etag, silos.Version.Next(), cancellationToken))
            {
                return false;
            }

            Marked(logger.Safe(), entry.SiloAddress, entry.SiloName);
        }
    }

    private bool IsDead(MembershipEntry silo) =>
        silo.Status != SiloStatus.Dead
        && SiloNames.IsInOwnNetwork(silo.SiloName)
        && (silo.SiloAddress.Endpoint.Equals(self.SiloAddress.Endpoint) || PortGuard.IsUnclaimed(silo.SiloAddress.Endpoint) || SiloNames.HasEnded(silo.SiloName));

    // Events of hosting have the ids 2300 to 2399.
    [LoggerMessage(2300, LogLevel.Information, "Silo {Silo} ({Name}) of this machine has ended without leaving the cluster: it was marked as dead.")]
    private static partial void Marked(ILogger logger, SiloAddress silo, string name);
}
