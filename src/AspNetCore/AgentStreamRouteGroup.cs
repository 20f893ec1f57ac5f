using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore;

/// <summary>What all routes of the edge have in common: who calls is known, pages of other origins are kept away, errors are problem details, and the loopback rule holds.</summary>
internal static class AgentStreamRouteGroup
{
    /// <summary>Makes a group for routes of the edge.</summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the routes stand.</param>
    /// <param name="method">The method that the program called, for the error.</param>
    /// <returns>The group.</returns>
    /// <exception cref="InvalidOperationException">AgentStream's services are not registered.</exception>
    public static RouteGroupBuilder MapEdge(this IEndpointRouteBuilder endpoints, string pattern, string method)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var loopback = endpoints.ServiceProvider.GetService<LoopbackRule>()
            ?? throw new InvalidOperationException($"{method}() needs AgentStream's services: call AddAgentStream() before the program is built.");
        loopback.Applies = true;
        endpoints.ServiceProvider.GetRequiredService<AllowedOrigins>().MapPreflight(endpoints.MapGroup(pattern));

        var group = endpoints.MapGroup(pattern);
        group.DisableCookieRedirect();
        group.AddEndpointFilter<ProblemFilter>();
        group.AddEndpointFilter<OriginFilter>();
        group.AddEndpointFilter<CallerFilter>();
        return group;
    }
}
