namespace AgentStream;

/// <summary>What a session has come to.</summary>
/// <param name="Title">Its title, or the text of its first prompt, or <c>No title</c>.</param>
/// <param name="IsLive">Whether a run is under way that nobody has canceled.</param>
/// <param name="Error">What the stream of its last run said went wrong, such as <c>canceled</c>; null when it completed or is under way.</param>
/// <param name="Messages">Its messages as JSON, UTF-8, in the format of docs/protocol.md: requests and their responses in turn. What waits for a response is not among them.</param>
/// <param name="QueuedPrompts">How many prompts wait for the end of its run (<see cref="BusySessionBehavior.Queue"/>).</param>
/// <param name="Run">Its last run, under way or not; null when there was none, or its history came from elsewhere since.</param>
/// <param name="Pending">The requests that wait for an answer, in the order of their calls.</param>
/// <param name="Rules">The calls that the session allows without asking.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionSnapshot")]
public sealed record SessionSnapshot(
    [property: Id(0)] string Title, [property: Id(1)] bool IsLive, [property: Id(2)] string? Error, [property: Id(3)] byte[] Messages, [property: Id(4)] int QueuedPrompts = 0,
    [property: Id(5)] SessionRun? Run = null, IReadOnlyList<PendingRequest>? Pending = null, IReadOnlyList<ApprovalRule>? Rules = null)
{
    /// <summary>The requests that wait for an answer, in the order of their calls; null is the same as none.</summary>
    [Id(6)]
    public IReadOnlyList<PendingRequest> Pending { get; init; } = Pending ?? [];

    /// <summary>The calls that the session allows without asking; null is the same as none.</summary>
    [Id(7)]
    public IReadOnlyList<ApprovalRule> Rules { get; init; } = Rules ?? [];

    /// <summary>Where the messages of the runs that have ended stand, in order. Those of a history that came from elsewhere belong to no run. Over HTTP it is empty.</summary>
    [Id(8)]
    public IReadOnlyList<RunMessages> Runs { get; init; } = [];
}

/// <summary>The last run of a session, for those who show the history and the stream as one. The messages of a run have its id.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Prompt">Its prompt. As long as the model has not answered it, it is not among the messages.</param>
/// <param name="Begin">The cursor of its <c>begin</c>; null when its stream is not known (any more).</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionRun")]
public sealed record SessionRun([property: Id(0)] string RunId, [property: Id(1)] string Prompt, [property: Id(2)] Cursor? Begin)
{
    /// <summary>Whether it continues a run that waited for somebody: then its prompt is that run's. Over HTTP it is false.</summary>
    [Id(3)]
    public bool IsContinuation { get; init; }
}

/// <summary>Where the messages of a run that has ended stand among those of its session.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Begin">The cursor of its <c>begin</c>.</param>
/// <param name="First">The index of its first message, from 0.</param>
/// <param name="Count">How many they are; 0 for a run that came to no answer.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.RunMessages")]
public sealed record RunMessages([property: Id(0)] string RunId, [property: Id(1)] Cursor Begin, [property: Id(2)] int First, [property: Id(3)] int Count);
