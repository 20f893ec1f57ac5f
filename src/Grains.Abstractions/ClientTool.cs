namespace AgentStream;

/// <summary>A tool that the client carries out, given with a prompt (<see cref="RunRequest.Tools"/>) instead of declared with the agent.</summary>
/// <param name="Name">The name that the model knows: 1 to <see cref="RunRequestRules.MaxToolNameLength"/> characters of <c>A-Z a-z 0-9 _ -</c>.</param>
/// <param name="Description">What it does, for the model; null for nothing.</param>
/// <param name="Parameters">Its parameters: a JSON schema of an object, as text; null for none.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.ClientTool")]
public sealed record ClientTool([property: Id(0)] string Name, [property: Id(1)] string? Description = null, [property: Id(2)] string? Parameters = null);
