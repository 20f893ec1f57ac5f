using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Networking.Shared;
using Orleans.Runtime.Messaging;

namespace AgentStream;

/// <summary>
/// What a client does that finds no way into its cluster: it waits, as Orleans does by itself, for silos that start or cannot be reached, and ends at once where waiting does not help. Either
/// way it says in one sentence what is missing.
/// </summary>
internal sealed class GatewaySearch(IMembershipTable table, IOptions<ClusterOptions> cluster, ClusterSettings settings, TimeProvider time) : IClientConnectionRetryFilter
{
    // Orleans' own.
    private const int MaxTries = 15;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1.5);

    private int _tries;

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (SiloUnavailableException or ConnectionFailedException))
        {
            return false;
        }

        var (mayHelp, sentence) = await LookAsync(exception, cancellationToken).ConfigureAwait(false);
        if (!mayHelp || ++_tries > MaxTries)
        {
            throw new SiloUnavailableException(sentence, exception);
        }

        await Task.Delay(Step * _tries, time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<(bool MayHelp, string Sentence)> LookAsync(Exception exception, CancellationToken cancellationToken)
    {
        var name = cluster.Value.ClusterId;
        var silos = (await table.ReadAllAsync(cancellationToken).ConfigureAwait(false)).Members.Select(member => member.Item1).Where(silo => silo.Status == SiloStatus.Active).ToList();
        if (silos.Count == 0)
        {
            return (true, $"No silo of the cluster '{name}' runs: start one, or name the silos' cluster by {AgentStreamOptions.Section}:RedisPrefix and {ClusterSettings.Section}:ClusterId.");
        }

        if (silos.All(silo => silo.ProxyPort == 0))
        {
            return (false, $"No silo of the cluster '{name}' has a gateway for other programs: set {ClusterSettings.Section}:{nameof(ClusterSettings.GatewayPort)} where one is to have it.");
        }

        return IsUnreached(exception)
            ? (true, $"No gateway of the cluster '{name}' can be reached.")
            : (false, $"No gateway of the cluster '{name}' lets this program in: {Reason()}.");
    }

    private string Reason() => settings.Certificates is null
        ? $"where silos have certificates, it needs one, too ({ClusterSettings.Section}:{ClusterCertificates.CertificateSetting})"
        : $"both sides must have a certificate of the other's authority ({ClusterSettings.Section}:{ClusterCertificates.AuthoritySetting})";

    /// <summary>Whether there was no connection at all, or none in time; else one was there, and was broken off.</summary>
    private static bool IsUnreached(Exception exception) =>
        exception.GetBaseException() is SocketConnectionException or ConnectionFailedException or SiloUnavailableException;
}
