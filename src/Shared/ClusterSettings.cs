using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>
/// Which cluster a silo or a client belongs to, and where others reach a silo: the configuration section <c>AgentStream:Cluster</c>.
/// </summary>
internal sealed class ClusterSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = AgentStreamOptions.Section + ":Cluster";

    private const int MaxIdLength = 128;

    private readonly IConfigurationSection _section;
    private readonly List<string> _errors = [];

    private ClusterSettings(IConfiguration configuration, bool isSilo)
    {
        _section = configuration.GetSection(Section);
        AdvertisedAddress = ReadAddress();
        SiloPort = ReadPort(nameof(SiloPort), least: 1);
        GatewayPort = ReadPort(nameof(GatewayPort), least: 0);
        ServiceId = ReadId(nameof(ServiceId));
        ClusterId = ReadId(nameof(ClusterId));
        Certificates = ClusterCertificates.Read(_section, isSilo, _errors);
        if (SiloPort is not null && SiloPort == GatewayPort)
        {
            _errors.Add($"{Path(nameof(GatewayPort))} must not be {Path(nameof(SiloPort))}, but both are '{SiloPort}'.");
        }
    }

    /// <summary>The address that other silos reach this one at, and that it listens on. Loopback unless told otherwise: without certificates silos do not ask each other who they are.</summary>
    public IPAddress AdvertisedAddress { get; }

    /// <summary>The port for other silos; null when it is not set.</summary>
    public int? SiloPort { get; }

    /// <summary>The port for Orleans clients in other programs; 0 or null for none.</summary>
    public int? GatewayPort { get; }

    /// <summary>What this program shows others of its cluster, and asks of them; null when they ask each other for nothing.</summary>
    public ClusterCertificates? Certificates { get; }

    private string? ServiceId { get; }

    private string? ClusterId { get; }

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The program's whole configuration.</param>
    /// <param name="isSilo">Whether the program is a silo, or a client of the cluster.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="OptionsValidationException">Settings are wrong; the message names each of them.</exception>
    public static ClusterSettings Read(IConfiguration configuration, bool isSilo)
    {
        var settings = new ClusterSettings(configuration, isSilo);
        return settings._errors.Count == 0
            ? settings
            : throw new OptionsValidationException(Section, typeof(ClusterSettings), settings._errors);
    }

    /// <summary>Which service this is, over all its clusters: the Redis prefix, unless set, which is what tells deployments on one Redis apart.</summary>
    /// <param name="redisPrefix">What stands before every key.</param>
    /// <returns>The id.</returns>
    public string ServiceIdOf(string redisPrefix) => ServiceId ?? redisPrefix;

    /// <summary>
    /// Which cluster this is: unless set, that of the silos that share a Redis prefix. Silos that are on loopback are a cluster of their machine's: all machines call themselves 127.0.0.1, and
    /// a silo takes another one at its own address for its predecessor and declares it dead.
    /// </summary>
    /// <param name="redisPrefix">What stands before every key.</param>
    /// <returns>The id.</returns>
    public string ClusterIdOf(string redisPrefix) =>
        ClusterId ?? (IPAddress.IsLoopback(AdvertisedAddress) ? $"{redisPrefix}@{Environment.MachineName}" : redisPrefix);

    /// <summary>The key of the cluster's list of silos. It is under the prefix, like all others, so that a Redis user who may touch the prefix may touch it too.</summary>
    /// <param name="redisPrefix">What stands before every key.</param>
    /// <returns>The key.</returns>
    public string MembershipKey(string redisPrefix) => $"{redisPrefix}:#cluster:{ServiceIdOf(redisPrefix)}:{ClusterIdOf(redisPrefix)}";

    private IPAddress ReadAddress()
    {
        if (_section[nameof(AdvertisedAddress)] is not { } text)
        {
            return IPAddress.Loopback;
        }

        if (IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address;
        }

        _errors.Add($"{Path(nameof(AdvertisedAddress))} must be the IP address that other silos reach this one at, but is '{text}'.");
        return IPAddress.Loopback;
    }

    private int? ReadPort(string setting, int least)
    {
        if (_section[setting] is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= least && port <= IPEndPoint.MaxPort)
        {
            return port;
        }

        _errors.Add($"{Path(setting)} must be a port from {least} to {IPEndPoint.MaxPort}, but is '{text}'.");
        return null;
    }

    private string? ReadId(string setting)
    {
        if (_section[setting] is not { } text)
        {
            return null;
        }

        if (text.Length is > 0 and <= MaxIdLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            return text;
        }

        _errors.Add($"{Path(setting)} must be 1 to {MaxIdLength} characters of A-Z a-z 0-9 . _ -, but is '{text}'.");
        return null;
    }

    private static string Path(string setting) => $"{Section}:{setting}";
}
