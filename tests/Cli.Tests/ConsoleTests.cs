namespace AgentStream.Cli.Tests;

/// <summary>Tests that read what the process writes to its console: no other test runs beside them.</summary>
[CollectionDefinition(nameof(ConsoleTests), DisableParallelization = true)]
public sealed class ConsoleTests;
