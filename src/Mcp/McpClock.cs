namespace AgentStream.Mcp;

/// <summary>A clock of the connections to servers alone. Where there is none, theirs is the host's.</summary>
internal sealed record McpClock(TimeProvider Time);
