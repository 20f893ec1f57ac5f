using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AgentStream.TestTools;

/// <summary>Ports of this machine.</summary>
public static class Ports
{
    // Linux hands out ports from 32,768 on by itself, to listeners and to each connection. Below, nobody gets one by chance while a test's program has yet to take it.
    private const int Lowest = 20_000;
    private const int Limit = 32_768;

    private static readonly ConcurrentDictionary<int, bool> Given = [];

    /// <summary>A port that nobody listens on now, and that this process was not given before.</summary>
    /// <returns>The port.</returns>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(Lowest, Limit);
            if (IsFree(port) && Given.TryAdd(port, true))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
