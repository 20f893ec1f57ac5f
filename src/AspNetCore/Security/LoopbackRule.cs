using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace AgentStream.AspNetCore.Security;

/// <summary>
/// As long as everybody is let in as the same user, only this machine may come in: a server that listens beyond it does not start.
/// </summary>
/// <remarks>
/// What the configuration says is looked at before anything starts, so that a process that is to stop at once takes no runs over from others.
/// What else the program says is known once the server has bound it, and a server may bind more later, when its configuration
/// changes. So each request is looked at as well: no request from elsewhere is ever served. A program without a server is a silo all the same.
/// </remarks>
internal sealed class LoopbackRule(IConfiguration configuration, Callers callers, IServer? server = null) : IHostedLifecycleService
{
    /// <summary>What the rule is and how to meet it.</summary>
    internal const string Why =
        $"AgentStream serves this machine only, and no proxy, while nothing says who calls: add authentication (docs/authentication.md), set {nameof(AgentStreamHttpOptions)}.{nameof(AgentStreamHttpOptions.GetUser)}, "
        + $"listen on localhost, or let everybody in with {AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.AllowAnonymous)}=true.";

    /// <summary>Whether the program has mapped routes that the rule protects.</summary>
    public bool Applies { get; set; }

    /// <summary>Whether a request may come in.</summary>
    /// <param name="context">The request.</param>
    /// <returns>False when it came in from beyond this machine and the rule forbids that.</returns>
    public async ValueTask<bool> AdmitsAsync(HttpContext context) => !await callers.AreUnknownAsync() || ThisMachine.Sent(context);

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => CheckAsync(ConfiguredAddresses());

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => CheckAsync(ServerAddresses);

    private ICollection<string> ServerAddresses => server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    private async Task CheckAsync(IEnumerable<string> addresses)
    {
        if (Applies && await callers.AreUnknownAsync() && addresses.FirstOrDefault(address => !IsLoopbackAddress(address)) is { } beyond)
        {
            throw new InvalidOperationException($"The server listens on {beyond}. {Why}");
        }
    }

    // As the host itself will read it, in the order in which one setting goes before the other.
    private IEnumerable<string> ConfiguredAddresses() =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Any() ? []
        : ServerAddresses is { Count: > 0 } addresses ? addresses
        : Setting("urls") is { Length: > 0 } urls ? urls
        : [.. Setting("http_ports").Select(port => $"http://*:{port}"), .. Setting("https_ports").Select(port => $"https://*:{port}")];

    private string[] Setting(string name) =>
        configuration[name]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Whether an address to listen on can be reached from this machine only.</summary>
    /// <param name="address">The address, as the server gives it, such as <c>http://[::]:80</c>.</param>
    /// <returns>False also when it cannot be told.</returns>
    internal static bool IsLoopbackAddress(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return parsed.IsUnixPipe || parsed.IsNamedPipe || ThisMachine.IsLoopback(parsed.Host);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
