using System.Diagnostics.CodeAnalysis;
using AgentStream;
using AgentStream.Telemetry;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The route that Prometheus asks for metrics.</summary>
public static class AgentStreamMetricsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the metrics for Prometheus, where <c>AgentStream:Telemetry:Prometheus</c> asks for them; otherwise nothing. They are for this machine only: a request that came in from beyond it, or through a proxy,
    /// gets 403. With <c>RequireAuthorization</c> on what this returns, they are for those who are authorized, from wherever.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the route is.</param>
    /// <returns>The route, for conventions such as authorization.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> is null.</exception>
    /// <exception cref="OptionsValidationException">A setting breaks its rule; the message names it.</exception>
    public static IEndpointConventionBuilder MapAgentStreamMetrics(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/metrics")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapGroup(pattern);
        if (TelemetrySettings.Read(endpoints.ServiceProvider.GetRequiredService<IConfiguration>()).Prometheus)
        {
            group.MapGet("", endpoints.CreateApplicationBuilder().Use(Guard).UseOpenTelemetryPrometheusScrapingEndpoint(_ => true).Build()).ExcludeFromDescription();
        }

        return group;
    }

    private static RequestDelegate Guard(RequestDelegate next) => context =>
    {
        if (ThisMachine.Sent(context) || IsAuthorized(context))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    };

    /// <summary>Whether the request has passed an authorization on its way here. ASP.NET Core serves no route whose authorization nothing looked at.</summary>
    private static bool IsAuthorized(HttpContext context) =>
        context.GetEndpoint()?.Metadata is { } metadata && metadata.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null;
}
