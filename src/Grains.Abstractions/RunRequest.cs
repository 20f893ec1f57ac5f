using Orleans;

namespace AgentStream;

/// <summary>What a run is to do.</summary>
/// <param name="Prompt">What the user says; not empty, at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</param>
/// <param name="Agent">The name of a registered agent; null is the one that was registered first.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.RunRequest")]
public sealed record RunRequest([property: Id(0)] string Prompt, [property: Id(1)] string? Agent = null);

/// <summary>A run that has begun.</summary>
/// <param name="RunId">The run's id, a UUID of version 7.</param>
/// <param name="Begin">The cursor of the run's <c>begin</c>: a listener that continues behind it sees the rest of this run.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.StartedRun")]
public sealed record StartedRun([property: Id(0)] string RunId, [property: Id(1)] Cursor Begin);
