using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// What silos call themselves in the list of silos: <c>machine/network/process</c>. The middle is the same for two processes that have the same ports and the same processes before them: the same boot
/// of the same kernel, and the same namespaces of network and processes, such as a container's. So one that comes later can tell which of the silos in the list would still hold their ports if they lived.
/// </summary>
internal static class SiloNames
{
    private static readonly string? Network = ReadNetwork();

    /// <summary>This process's silo.</summary>
    public static string Own { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Network ?? Guid.NewGuid().ToString("N")[..8]}/{Environment.ProcessId}");

    /// <summary>Whether a silo has, or had, its ports in this process's network.</summary>
    public static bool IsInOwnNetwork(string? name) => Network is not null && name?.Split('/') is [_, var network, _] && network == Network;

    /// <summary>Whether the process of a silo in this process's network has ended. Another may have its number by now: then the answer is no.</summary>
    public static bool HasEnded(string? name)
    {
        if (!IsInOwnNetwork(name) || !int.TryParse(name!.Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static string? ReadNetwork()
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            var network = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)?.Name;
            var processes = File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name;
            return network is null || processes is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{boot} {network} {processes}")))[..16];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not on Linux, or not allowed: then there is no such proof, and a silo that died is found by its silence.
            return null;
        }
    }
}
