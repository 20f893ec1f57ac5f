namespace AgentStream;

/// <summary>Calls that a session allows without asking, because somebody said so (<see cref="ApprovalMemory"/>).</summary>
/// <param name="RuleId">The rule: the id of the request that was answered so.</param>
/// <param name="ToolName">The tool.</param>
/// <param name="Arguments">The arguments that the call must have, a JSON object, as text; null for any.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.ApprovalRule")]
public sealed record ApprovalRule([property: Id(0)] string RuleId, [property: Id(1)] string ToolName, [property: Id(2)] string? Arguments);
