using Orleans;

namespace AgentStream;

/// <summary>What a session has come to.</summary>
/// <param name="Title">The text of its first prompt, or <c>No title</c>.</param>
/// <param name="IsLive">Whether a run is under way that nobody has canceled.</param>
/// <param name="Error">What the stream of its last run said went wrong, such as <c>canceled</c>; null when it completed or is under way.</param>
/// <param name="Messages">Its messages as JSON, UTF-8, in the format of docs/protocol.md: requests and their responses in turn. What waits for a response is not among them.</param>
/// <param name="Waiting">How many prompts wait for the end of its run (<see cref="OnBusy.Queue"/>).</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionSnapshot")]
public sealed record SessionSnapshot(
    [property: Id(0)] string Title, [property: Id(1)] bool IsLive, [property: Id(2)] string? Error, [property: Id(3)] byte[] Messages, [property: Id(4)] int Waiting = 0);
