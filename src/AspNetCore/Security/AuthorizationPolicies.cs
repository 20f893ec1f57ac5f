using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Security;

/// <summary>The policies of ASP.NET Core's authorization, for agents and tools. The session's key is the resource.</summary>
internal sealed class AuthorizationPolicies(IAuthorizationPolicyProvider policies, IServiceScopeFactory scopes) : IPolicyEvaluator
{
    private const string Authenticated = "AgentStream";

    public async Task<bool> IsKnownAsync(string policy) => await policies.GetPolicyAsync(policy) is not null;

    public async Task<bool> IsMetAsync(string policy, SessionKey key, IReadOnlyList<UserClaim>? claims)
    {
        var identity = claims is null ? new ClaimsIdentity() : new ClaimsIdentity(claims.Select(claim => new Claim(claim.Type, claim.Value)), Authenticated);

        // Handlers of requirements may be scoped.
        await using var scope = scopes.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<IAuthorizationService>().AuthorizeAsync(new ClaimsPrincipal(identity), key, policy)).Succeeded;
    }
}
