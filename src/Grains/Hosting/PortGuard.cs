using System.Net;
using System.Net.Sockets;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// A silo's claim on a TCP port, for as long as its process lives. Orleans shares a port with another process without a word (<c>SO_REUSEPORT</c>), so the port itself
/// proves nothing. The UDP port of the same number does: one process can have it, and the system takes it back when that process ends, however it ends.
/// </summary>
internal sealed class PortGuard : IDisposable
{
    private readonly Socket _socket;

    private PortGuard(Socket socket) => _socket = socket;

    /// <summary>Claims a port, unless a silo has it or another program listens on it.</summary>
    /// <returns>The claim; null when the port is in use.</returns>
    /// <exception cref="SocketException">The address is not this machine's, or the port may not be used.</exception>
    public static PortGuard? TryClaim(IPEndPoint endpoint)
    {
        if (TryBind(endpoint, SocketType.Dgram, ProtocolType.Udp) is not { } guard)
        {
            return null;
        }

        using var listener = TryBind(endpoint, SocketType.Stream, ProtocolType.Tcp);
        if (listener is not null)
        {
            return new PortGuard(guard);
        }

        guard.Dispose();
        return null;
    }

    /// <summary>Whether no silo of this machine has claimed a port: its process has ended.</summary>
    public static bool IsUnclaimed(IPEndPoint endpoint)
    {
        try
        {
            using var guard = TryBind(endpoint, SocketType.Dgram, ProtocolType.Udp);
            return guard is not null;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static Socket? TryBind(IPEndPoint endpoint, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(endpoint.AddressFamily, type, protocol);
        try
        {
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            if (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return null;
            }

            throw;
        }
    }
}
