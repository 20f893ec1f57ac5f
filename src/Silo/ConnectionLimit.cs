using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace AgentStream.Silo;

/// <summary>
/// Closes connections of an address that has as many as it may. This machine has no limit, since a proxy on it brings everybody; and behind a proxy that the settings tell of
/// (<c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c>) there is none by default.
/// </summary>
/// <param name="most">The most connections of an address; 0 for no limit.</param>
internal sealed class ConnectionLimit(int most)
{
    /// <summary>The setting.</summary>
    public const string Setting = "AgentStream:Http:MaxConnectionsPerAddress";

    private const int Default = 1_000;

    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>How many addresses have connections.</summary>
    public int Addresses => _open.Count;

    /// <summary>The limit that the settings ask for.</summary>
    /// <exception cref="InvalidOperationException">The setting is no whole number, or negative.</exception>
    public static ConnectionLimit Of(IConfiguration configuration)
    {
        var fallback = configuration.GetValue<bool>("FORWARDEDHEADERS_ENABLED") ? 0 : Default;
        return configuration[Setting] is not { Length: > 0 } text ? new(fallback)
            : int.TryParse(text, out var most) && most >= 0 ? new(most)
            : throw new InvalidOperationException($"{Setting} must be a whole number, 0 (no limit) or more, but is '{text}'.");
    }

    /// <summary>Serves a connection, or closes it.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (most == 0 || connection.RemoteEndPoint is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address))
        {
            await next(connection);
            return;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        try
        {
            if (_open.AddOrUpdate(address, 1, static (_, count) => count + 1) <= most)
            {
                await next(connection);
            }
            else
            {
                connection.Abort();
            }
        }
        finally
        {
            // The last one takes the address with it; another that comes meanwhile is not lost.
            if (_open.AddOrUpdate(address, 0, static (_, count) => count - 1) == 0)
            {
                _open.TryRemove(KeyValuePair.Create(address, 0));
            }
        }
    }
}
