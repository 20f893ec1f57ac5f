namespace AgentStream.Grains.Agents;

/// <summary>A tool source of an agent.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Source">The source.</param>
internal sealed record NamedToolSource(string Name, IToolSource Source);
