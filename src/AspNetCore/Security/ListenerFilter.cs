using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Security;

/// <summary>Counts the stream that a request is answered with, from before anything is started for it to the end of the response.</summary>
internal sealed class ListenerFilter(Listeners listeners) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        listeners.Enter(http.Caller(), http.Response.RegisterForDispose);
        return next(context);
    }
}

/// <summary>Puts <see cref="ListenerFilter"/> on a route.</summary>
internal static class ListenerRoutes
{
    public static RouteHandlerBuilder CountsListeners(this RouteHandlerBuilder route) => route.AddEndpointFilter<ListenerFilter>();
}
