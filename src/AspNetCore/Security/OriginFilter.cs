using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Security;

/// <summary>
/// Keeps pages of other sites away: a browser sends what it knows of a user with their requests, too. Only pages of this origin and of those that are let in get through;
/// a program that is no browser says nothing of an origin.
/// </summary>
internal sealed class OriginFilter(AllowedOrigins allowed) : IEndpointFilter
{
    private const string SecFetchSite = "Sec-Fetch-Site";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var isAllowed = await PolicyOfProgramAsync(http) is { } policy ? Allows(policy, http.Request) : allowed.Admit(http);
        return isAllowed || !IsForeign(http.Request)
            ? await next(context)
            : throw new RefusedException(
                StatusCodes.Status403Forbidden,
                $"A page of another origin made this request. {AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.AllowedOrigins)} says which ones may.");
    }

    /// <summary>The CORS policy that the program has put on the routes; null for none. CORS by itself refuses no request: it only keeps the answer from the page.</summary>
    private static async ValueTask<CorsPolicy?> PolicyOfProgramAsync(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() switch
    {
        ICorsPolicyMetadata own => own.Policy,
        IEnableCorsAttribute named => await http.RequestServices.GetRequiredService<ICorsPolicyProvider>().GetPolicyAsync(http, named.PolicyName),
        _ => null,
    };

    private static bool Allows(CorsPolicy policy, HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin && policy.IsOriginAllowed(origin);

    private static bool IsForeign(HttpRequest request) => request.Headers[SecFetchSite].ToString() switch
    {
        // The browser knows best: a proxy may give the server another name.
        "same-origin" or "none" => false,
        "" => request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsOwn(request, origin),
        _ => true,
    };

    // Older browsers, and pages without TLS. A proxy in between may end TLS, so that the scheme says nothing.
    private static bool IsOwn(HttpRequest request, string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
