namespace AgentStream;

/// <summary>
/// Knows the policies that agents and tools require (<see cref="AgentBuilder.RequirePolicy"/>). A program with <c>AddAgentStream</c> of the HTTP edge has one: the policies of ASP.NET Core's authorization.
/// </summary>
public interface IPolicyEvaluator
{
    /// <summary>Gets whether there is a policy of a name. A program whose agents require one that is not known does not start.</summary>
    /// <param name="policy">The name.</param>
    /// <returns>Whether there is.</returns>
    Task<bool> IsKnownAsync(string policy);

    /// <summary>Gets whether a user meets a policy.</summary>
    /// <param name="policy">The policy's name.</param>
    /// <param name="key">The session that the user prompts.</param>
    /// <param name="claims">What is known of the user; null when nobody has authenticated them.</param>
    /// <returns>Whether the user does. What this throws fails the request.</returns>
    Task<bool> IsMetAsync(string policy, SessionKey key, IReadOnlyList<UserClaim>? claims);
}
