using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>Finds out for whom a request is made, before anything else is looked at.</summary>
internal sealed class CallerFilter(IOptions<AgentStreamHttpOptions> options, LoopbackRule loopback) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!loopback.Admits(http))
        {
            throw new RefusedException(StatusCodes.Status403Forbidden, LoopbackRule.Why);
        }

        var caller = await options.Value.GetUser(http)
            ?? throw new RefusedException(StatusCodes.Status401Unauthorized, "The request does not say, or not credibly, who makes it.");
        http.Features.Set(new CallerFeature(caller));
        return await next(context);
    }
}

/// <summary>For whom a request is made, kept with the request.</summary>
/// <param name="User">The user.</param>
internal sealed record CallerFeature(UserKey User);

/// <summary>Reads what <see cref="CallerFilter"/> found out.</summary>
internal static class CallerOfRequest
{
    public static UserKey Caller(this HttpContext context) => context.Features.GetRequiredFeature<CallerFeature>().User;
}
