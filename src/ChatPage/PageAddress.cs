using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.ChatPage;

/// <summary>Says where the page can be opened once the program listens.</summary>
internal static partial class PageAddress
{
    public static void LogWhenStarted(IServiceProvider services, string pattern)
    {
        if (services.GetService<IHostApplicationLifetime>() is not { } lifetime || services.GetService<IServer>() is not { } server)
        {
            return;
        }

        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(nameof(AgentStream));
        lifetime.ApplicationStarted.Register(() =>
        {
            foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            {
                OpenAt(logger, Of(BindingAddress.Parse(address), pattern));
            }
        });
    }

    /// <summary>An address that a browser on this machine can open.</summary>
    internal static string Of(BindingAddress server, string pattern)
    {
        var isAny = server.Host is "*" or "+" || (IPAddress.TryParse(server.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
        return $"{server.Scheme}://{(isAny ? "localhost" : server.Host)}:{server.Port}{server.PathBase}/{pattern.TrimStart('/')}";
    }

    // This room's ids are 5100 to 5199.
    [LoggerMessage(5100, LogLevel.Information, "Chat page: {Address}")]
    private static partial void OpenAt(ILogger logger, string address);
}
