using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AgentStream.TestTools;

/// <summary>Stands between a client and a server, and cuts connections in the middle of what the server says.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Uri _server;
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private int _cuts;

    /// <summary>Starts it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="port">Where it listens; 0 for any free port.</param>
    public CuttingProxy(Uri server, int port = 0)
    {
        _server = server;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>After how many bytes from the server a connection is cut; null for never.</summary>
    public int? CutAfter { get; set; }

    /// <summary>Whether what is asked over connections that come from now on reaches nobody, and waits.</summary>
    public bool HoldsNew { get; set; }

    /// <summary>How many were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Cuts the connections that are there now.</summary>
    public void CutAll() => Interlocked.Exchange(ref _cut, new()).Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var both = client;
        using var server = new TcpClient();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, Volatile.Read(ref _cut).Token);
        try
        {
            if (HoldsNew)
            {
                await Task.Delay(Timeout.Infinite, stop.Token);
            }

            await server.ConnectAsync(_server.Host, _server.Port, stop.Token);
            var up = client.GetStream().CopyToAsync(server.GetStream(), stop.Token);
            var down = CopyAsync(server.GetStream(), client.GetStream(), stop.Token);
            await Task.WhenAny(up, down);
            await stop.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has gone.
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64];
        for (var rest = CutAfter ?? int.MaxValue; rest > 0;)
        {
            var count = await from.ReadAsync(buffer.AsMemory(0, Math.Min(rest, buffer.Length)), cancellationToken);
            if (count == 0)
            {
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            rest -= count;
        }

        Interlocked.Increment(ref _cuts);
    }
}
