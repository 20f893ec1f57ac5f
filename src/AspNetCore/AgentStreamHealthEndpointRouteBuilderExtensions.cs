using System.Diagnostics.CodeAnalysis;
using AgentStream.AspNetCore.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The routes that an orchestrator and a load balancer ask.</summary>
public static class AgentStreamHealthEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>GET {pattern}/live</c>: 503 when the process has to be started again, and <c>GET {pattern}/ready</c>: 503 while it should get no requests, since a check fails or it was told to stop. They
    /// need no authentication, and say no more than one word to a caller that is not on this machine. What they say is kept for a second, and checked once for all callers.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the routes stand.</param>
    /// <returns>The group of the routes, for conventions such as a host or a port.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The checks are not registered.</exception>
    public static RouteGroupBuilder MapAgentStreamHealth(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/health")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var probes = endpoints.ServiceProvider.GetService<HealthProbes>() ?? throw new InvalidOperationException(
            $"{nameof(MapAgentStreamHealth)}() needs AgentStream's checks: call AddHealthChecks().{nameof(AgentStreamHealthChecksBuilderExtensions.AddAgentStreamHealthChecks)}() before the program is built.");
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        var health = endpoints.MapGroup(pattern);
        health.MapMethods("/live", methods, async (HttpContext context) => await HealthAnswer.WriteAsync(context, await probes.LiveAsync()));
        health.MapMethods("/ready", methods, async (HttpContext context) => await HealthAnswer.WriteAsync(context, await probes.ReadyAsync()));
        health.AllowAnonymous();
        return health;
    }
}
