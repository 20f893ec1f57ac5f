using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Agents;

/// <summary>Who may use an agent and its tools, and what the agent wants to know of its users.</summary>
/// <param name="Policies">The policies that a user of the agent has to meet.</param>
/// <param name="ToolPolicies">Those that a user of a tool has to meet, each with the tool's name.</param>
/// <param name="Claims">The claims that the agent's code sees.</param>
internal sealed record AgentAccess(IReadOnlyList<string> Policies, IReadOnlyList<(string Tool, string Policy)> ToolPolicies, IReadOnlyList<string> Claims)
{
    public static AgentAccess Anybody { get; } = new([], [], []);

    public bool IsForAnybody => Policies.Count == 0 && ToolPolicies.Count == 0 && Claims.Count == 0;

    /// <summary>All policies, each once.</summary>
    public IEnumerable<string> AllPolicies => Policies.Concat(ToolPolicies.Select(required => required.Policy)).Distinct(StringComparer.Ordinal);

    /// <summary>Whether a tool is there for the user of a run.</summary>
    public bool Allows(string tool, RunCaller caller) =>
        ToolPolicies.All(required => required.Tool != tool || caller.Policies.Contains(required.Policy, StringComparer.Ordinal));
}
