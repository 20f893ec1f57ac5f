using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Security;

/// <summary>
/// Keeps pages of other sites away: a browser sends what it knows of a user with their requests, too. Only pages of this origin and of those that are let in get through;
/// who is no browser says nothing of an origin.
/// </summary>
internal sealed class OriginFilter(AllowedOrigins allowed) : IEndpointFilter
{
    private const string SecFetchSite = "Sec-Fetch-Site";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;

        // A program that says by itself who may come in has its own rule.
        if (http.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() is null && !allowed.Admit(http) && IsForeign(http.Request))
        {
            throw new RefusedException(
                StatusCodes.Status403Forbidden,
                $"A page of another origin made this request. {AgentStreamHttpOptions.Section}:{nameof(AgentStreamHttpOptions.AllowedOrigins)} says which ones may.");
        }

        return next(context);
    }

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
