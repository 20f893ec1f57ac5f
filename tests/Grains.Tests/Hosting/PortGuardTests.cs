using System.Net;
using System.Net.Sockets;
using AgentStream.Grains.Hosting;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>A port has one silo.</summary>
public sealed class PortGuardTests
{
    private readonly IPEndPoint _endpoint = new(IPAddress.Loopback, Ports.Free());

    [Fact]
    public void A_port_is_claimed_once_until_it_is_given_back()
    {
        Assert.True(PortGuard.IsUnclaimed(_endpoint));
        using (var guard = PortGuard.TryClaim(_endpoint))
        {
            Assert.NotNull(guard);
            Assert.Null(PortGuard.TryClaim(_endpoint));
            Assert.False(PortGuard.IsUnclaimed(_endpoint));
        }

        using var again = PortGuard.TryClaim(_endpoint);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_claimed_port_can_be_listened_on_as_Orleans_does()
    {
        using var guard = PortGuard.TryClaim(_endpoint);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(_endpoint);
        listener.Listen();
    }

    [Fact]
    public void A_port_that_is_listened_on_is_not_claimed()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(_endpoint);
        listener.Listen();
        Assert.Null(PortGuard.TryClaim(_endpoint));

        // And what was claimed for the attempt is given back.
        Assert.True(PortGuard.IsUnclaimed(_endpoint));
    }
}
