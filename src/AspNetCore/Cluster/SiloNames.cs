using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AgentStream.AspNetCore.Cluster;

/// <summary>
/// What silos call themselves in the list of silos: <c>machine/network/process</c>. The middle is the same for two processes that have the same ports before them: the same boot of the same kernel,
/// and the same network namespace, such as a container's. So one that comes later can tell which of the silos in the list would still hold their ports if they lived.
/// </summary>
internal static class SiloNames
{
    private static readonly string? Network = ReadNetwork();

    /// <summary>This process's silo.</summary>
    public static string Own { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Network ?? Guid.NewGuid().ToString("N")[..8]}/{Environment.ProcessId}");

    /// <summary>Whether a silo has, or had, its ports in this process's network.</summary>
    public static bool IsInOwnNetwork(string? name) => Network is not null && name?.Split('/') is [_, var network, _] && network == Network;

    private static string? ReadNetwork()
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            var network = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)?.Name;
            return network is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{boot} {network}")))[..16];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not on Linux, or not allowed: then there is no such proof, and a silo that died is found by its silence.
            return null;
        }
    }
}
