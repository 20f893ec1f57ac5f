namespace AgentStream;

/// <summary>A run that has ended, or a part of it, as its session's journal shows it: for those who come when the stream does not have it any more.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Begin">The cursor of its <c>begin</c>.</param>
/// <param name="Entries">
/// The entries, in order. A node is shown whole, and supersedes what was shown of it. A reader who has some of them continues behind the cursor of the last one (<see cref="Cursor.IsReplayed"/>): it is
/// shown the run's nodes again, until it has the last one.
/// </param>
/// <param name="Next">The first node that is not among them; null when they reach to the <c>end</c>.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.ReplayedRun")]
public sealed record ReplayedRun([property: Id(0)] string RunId, [property: Id(1)] Cursor Begin, [property: Id(2)] IReadOnlyList<SessionEntry> Entries, [property: Id(3)] int? Next);
