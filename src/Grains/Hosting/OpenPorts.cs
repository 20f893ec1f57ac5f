using System.Globalization;
using System.Net;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Hosting;

/// <summary>Says at the start that other machines can reach ports which ask nobody who they are.</summary>
internal sealed partial class OpenPorts(SiloPorts ports, ILogger<OpenPorts> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe<OpenPorts>(ServiceLifecycleStage.RuntimeInitialize - 1, _ =>
    {
        var open = ports.Gateway == 0
            ? string.Create(CultureInfo.InvariantCulture, $"port {ports.Silo}")
            : string.Create(CultureInfo.InvariantCulture, $"ports {ports.Silo} and {ports.Gateway}");
        AreOpen(logger.Safe(), ports.Address, open);
        return Task.CompletedTask;
    });

    [LoggerMessage(
        2301,
        LogLevel.Warning,
        "Nothing is asked of those who reach {Address}, {Ports}: they act as any user. Set AgentStream:Cluster:Certificate, or keep all but the silos and programs of this cluster away.")]
    private static partial void AreOpen(ILogger logger, IPAddress address, string ports);
}
