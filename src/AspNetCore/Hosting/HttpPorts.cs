using System.Net;
using System.Net.Sockets;
using AgentStream.Storage.Background;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Hosting;

/// <summary>
/// Binds the program's HTTP ports before anything else starts, and hands them to the web server when its turn comes, which is last. So a program whose port is taken ends before its silo joins the
/// others. It covers the addresses of the configuration (<c>urls</c>, <c>http_ports</c>, <c>https_ports</c>, <c>Kestrel:Endpoints</c>); those that code adds are bound in the web server's turn.
/// </summary>
internal sealed class HttpPorts(IServiceProvider services, IConfiguration configuration) : LifecycleService, IPostConfigureOptions<SocketTransportOptions>, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, Socket> _bound = [];

    /// <summary>Lets the web server take a socket that is bound already.</summary>
    public void PostConfigure(string? name, SocketTransportOptions options)
    {
        var bind = options.CreateBoundListenSocket;
        options.CreateBoundListenSocket = endpoint => Take(endpoint) ?? bind(endpoint);
    }

    /// <summary>Binds: when the host makes its services, before any of them opens a file or a connection.</summary>
    /// <exception cref="IOException">A port is in use; the message names the address.</exception>
    public HttpPorts Bind()
    {
        if (services.GetService(typeof(IServer)) is IServer server && server.GetType().Namespace?.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) == true)
        {
            foreach (var address in Addresses(server))
            {
                Bind(address);
            }
        }

        return this;
    }

    /// <summary>Lets go of what the web server did not want.</summary>
    public override Task StartedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var socket in _bound.Values)
            {
                socket.Dispose();
            }

            _bound.Clear();
        }
    }

    private IEnumerable<string> Addresses(IServer server)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
        {
            return endpoints;
        }

        if (server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } addresses)
        {
            return addresses;
        }

        if (Split(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
        {
            return urls;
        }

        return [.. Split(WebHostDefaults.HttpPortsKey).Select(port => $"http://*:{port}"), .. Split(WebHostDefaults.HttpsPortsKey).Select(port => $"https://*:{port}")];
    }

    private string[] Split(string key) => configuration[key]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private void Bind(string address)
    {
        BindingAddress parsed;
        try
        {
            parsed = BindingAddress.Parse(address);
        }
        catch (FormatException)
        {
            // The web server says in its own words what is wrong with it.
            return;
        }

        if (parsed.Port == 0 || parsed.IsUnixPipe || parsed.IsNamedPipe)
        {
            return;
        }

        foreach (var ip in Hosts(parsed.Host))
        {
            try
            {
                _bound.TryAdd(new IPEndPoint(ip, parsed.Port), SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(ip, parsed.Port)));
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new IOException($"Failed to bind to address {address}: address already in use.", new AddressInUseException(exception.Message, exception));
            }
            catch (SocketException)
            {
                // Such as a machine without IPv6. Whether the program can do without it is the web server's matter.
            }
        }
    }

    /// <summary>What the web server makes of a host's name.</summary>
    private static IPAddress[] Hosts(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : IPAddress.TryParse(host, out var ip) ? [ip]
        : [IPAddress.IPv6Any];

    private Socket? Take(EndPoint endpoint)
    {
        lock (_lock)
        {
            return endpoint is IPEndPoint ip && _bound.Remove(ip, out var socket) ? socket : null;
        }
    }
}
