using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AgentStream.TestTools;

/// <summary>A wire between clients and a Redis server that a test can cut, lead to another server, or let swallow the server's answers.</summary>
public sealed class RedisProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _ends = new();
    private readonly Task _accepting;

    /// <summary>Leads to a server.</summary>
    /// <param name="target">The server's port.</param>
    public RedisProxy(int target)
    {
        Target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where new connections lead.</summary>
    public int Target { get; set; }

    /// <summary>Whether what the server answers gets lost. Connections that lost something must be cut before it is of use again.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>The configuration to connect with, as StackExchange.Redis writes it.</summary>
    public string Configuration => ((IPEndPoint)_listener.LocalEndpoint).ToString();

    /// <summary>Cuts all connections.</summary>
    public void Cut()
    {
        foreach (var end in _ends.Keys)
        {
            end.Close();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var wires = new List<Task>();
        try
        {
            while (true)
            {
                wires.Add(CarryAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Cut();
            await Task.WhenAll(wires);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            _ends.TryAdd(client, true);
            _ends.TryAdd(server, true);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, Target);
                await Task.WhenAny(CopyAsync(client, server, () => false), CopyAsync(server, client, () => LosesAnswers));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Nobody there, or cut while it connected: the client finds its connection closed.
            }

            _ends.TryRemove(client, out _);
            _ends.TryRemove(server, out _);
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to, Func<bool> swallows)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var count and > 0)
            {
                if (!swallows())
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }
}
