using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Agents;

/// <summary>Decides what a user may, when a prompt is accepted: what it decides is kept with the run, and holds until its end.</summary>
internal sealed class Admission(IPolicyEvaluator? policies = null)
{
    /// <summary>Lets a user in.</summary>
    /// <returns>What the run keeps of the user; null for nothing.</returns>
    /// <exception cref="PolicyNotMetException">The user does not meet a policy of the agent.</exception>
    public async Task<RunCaller?> AdmitAsync(Agent agent, SessionKey key, IReadOnlyList<UserClaim>? claims)
    {
        var access = agent.Access;
        if (access.IsForAnybody)
        {
            return null;
        }

        var met = new List<string>();
        foreach (var policy in access.AllPolicies.Order(StringComparer.Ordinal))
        {
            if (policies is not null && await policies.IsMetAsync(policy, key, claims))
            {
                met.Add(policy);
            }
            else if (access.Policies.Contains(policy, StringComparer.Ordinal))
            {
                throw new PolicyNotMetException(agent.Name, policy);
            }
        }

        return new RunCaller([.. (claims ?? []).Where(claim => access.Claims.Contains(claim.Type, StringComparer.Ordinal))], met);
    }

    /// <summary>What has to be kept of a user so that they can be let in later.</summary>
    /// <returns>The claims: all of them where there are policies, which may ask for any; null for none.</returns>
    public static IReadOnlyList<UserClaim>? ToKeep(Agent agent, IReadOnlyList<UserClaim>? claims) =>
        agent.Access.AllPolicies.Any() ? claims
        : claims?.Where(claim => agent.Access.Claims.Contains(claim.Type, StringComparer.Ordinal)).ToArray() is { Length: > 0 } asked ? asked
        : null;

    /// <summary>Checks that all policies of an agent are known.</summary>
    /// <exception cref="InvalidOperationException">One is not.</exception>
    public async Task CheckAsync(string agent, AgentAccess access)
    {
        foreach (var policy in access.AllPolicies)
        {
            if (policies is null)
            {
                throw new InvalidOperationException($"Agent '{agent}' requires the policy '{policy}', and this program knows no policies: register an {nameof(IPolicyEvaluator)}, or be a web application.");
            }

            if (!await policies.IsKnownAsync(policy))
            {
                throw new InvalidOperationException($"Agent '{agent}' requires the policy '{policy}', which is not registered: add it with AddAuthorization.");
            }
        }
    }
}
