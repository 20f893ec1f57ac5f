namespace AgentStream;

/// <summary>
/// Asks for the end of one run, and of no other that the session may have by the time the request arrives. It can be sent more than once and in more than one way, to the session's grain and to the
/// stream store: it counts once, and its answer is the same for a minute.
/// </summary>
/// <param name="RunId">The run.</param>
/// <param name="RequestId">Names the request, 1 to 64 ASCII letters or digits.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.CancelRequest")]
public sealed record CancelRequest([property: Id(0)] string RunId, [property: Id(1)] string RequestId)
{
    /// <summary>Makes a request with a new name.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>The request.</returns>
    public static CancelRequest Of(string runId) => new(runId, Guid.NewGuid().ToString("N"));
}
