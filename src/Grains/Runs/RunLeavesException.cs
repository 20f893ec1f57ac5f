namespace AgentStream.Grains.Runs;

/// <summary>The run leaves its process here: everything up to this place is in the journal, and another process continues from it.</summary>
internal sealed class RunLeavesException() : Exception("The run goes to another process: this one is shutting down.");
