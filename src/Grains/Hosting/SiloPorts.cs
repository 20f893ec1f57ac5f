using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AgentStream.Grains.Hosting;

/// <summary>The ports of this process's silo. They are claimed before it joins, so that a start never harms a silo that runs.</summary>
internal sealed class SiloPorts : IDisposable
{
    // Below the ports that Linux gives to outgoing connections (32768 and up), so that none of those takes it in between.
    private const int FirstSiloPort = 11111;
    private const int MostSilos = 1000;

    private readonly PortGuard _silo;
    private readonly PortGuard? _gateway;

    /// <summary>Claims the ports that are set, and finds a free one for other silos when that is not set.</summary>
    /// <param name="settings">Where other silos reach this one, and the ports that are set.</param>
    /// <param name="hasGateway">Whether Orleans clients may come.</param>
    /// <exception cref="IOException">A port is in use, or the address is not this machine's; the message names the setting.</exception>
    public SiloPorts(ClusterSettings settings, bool hasGateway)
    {
        Address = settings.AdvertisedAddress;
        if (hasGateway && settings.GatewayPort is { } gateway and not 0)
        {
            (_gateway, Gateway) = Claim(nameof(ClusterSettings.GatewayPort), [gateway]);
        }

        try
        {
            (_silo, Silo) = Claim(nameof(ClusterSettings.SiloPort), CandidatesOf(settings.SiloPort));
        }
        catch
        {
            _gateway?.Dispose();
            throw;
        }
    }

    /// <summary>The address that the silo listens on.</summary>
    public IPAddress Address { get; }

    /// <summary>The port for other silos.</summary>
    public int Silo { get; }

    /// <summary>The port for Orleans clients; 0 for none.</summary>
    public int Gateway { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _silo.Dispose();
        _gateway?.Dispose();
    }

    // Machines are told each other's ports by those who set up the network between them, so beyond loopback the port is always the same one.
    private IEnumerable<int> CandidatesOf(int? port) =>
        port is { } set ? [set] : IPAddress.IsLoopback(Address) ? Enumerable.Range(FirstSiloPort, MostSilos) : [FirstSiloPort];

    private (PortGuard Guard, int Port) Claim(string setting, IEnumerable<int> candidates)
    {
        try
        {
            foreach (var candidate in candidates)
            {
                if (PortGuard.TryClaim(new IPEndPoint(Address, candidate)) is { } guard)
                {
                    return (guard, candidate);
                }
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw new IOException($"{ClusterSettings.Section}:{nameof(ClusterSettings.AdvertisedAddress)} must be an address of this machine, but is '{Address}'.", exception);
        }
        catch (SocketException exception)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{ClusterSettings.Section}:{setting}: {Address}:{candidates.First()} cannot be used: {exception.Message}"), exception);
        }

        throw new IOException(string.Create(
            CultureInfo.InvariantCulture,
            $"{ClusterSettings.Section}:{setting}: port {candidates.First()} of {Address} is in use by another program, which may be a silo that runs. Stop it, or set another port."));
    }
}
