using System.Security.Claims;
using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AgentStream.AspNetCore.Security;

/// <summary>Finds out for whom a request is made, before anything else is looked at.</summary>
internal sealed class CallerFilter(Callers callers, LoopbackRule loopback) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!await loopback.AdmitsAsync(http))
        {
            throw new RefusedException(StatusCodes.Status403Forbidden, LoopbackRule.Why);
        }

        http.Features.Set(await callers.OfAsync(http));
        return await next(context);
    }
}

/// <summary>For whom a request is made, kept with the request.</summary>
/// <param name="User">The user.</param>
/// <param name="Token">The session token that says so; null for none.</param>
internal sealed record CallerFeature(UserKey User, SessionToken? Token = null);

/// <summary>Reads what <see cref="CallerFilter"/> found out.</summary>
internal static class CallerOfRequest
{
    public static UserKey Caller(this HttpContext context) => context.Features.GetRequiredFeature<CallerFeature>().User;

    /// <summary>The session token in the request's address, which its listener can replace; null for none.</summary>
    public static SessionToken? TokenInAddress(this HttpContext context) =>
        SessionTokens.IsInAddress(context.Request) ? context.Features.GetRequiredFeature<CallerFeature>().Token : null;

    /// <summary>What is known of them; null when nobody has authenticated the request. Roles are named as in <see cref="ClaimTypes"/>, whatever the identity calls them.</summary>
    public static IReadOnlyList<UserClaim>? CallerClaims(this HttpContext context) => context.User.Identity?.IsAuthenticated != true ? null :
    [
        .. from identity in context.User.Identities
           from claim in identity.Claims
           select new UserClaim(claim.Type == identity.RoleClaimType ? ClaimTypes.Role : claim.Type, claim.Value),
    ];
}
