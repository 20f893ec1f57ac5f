namespace AgentStream;

/// <summary>What a run waits for.</summary>
public enum PendingRequestKind
{
    /// <summary>A person is to allow a call of a tool, or not: <see cref="ApprovalAnswer"/>.</summary>
    Approval,

    /// <summary>The client is to carry out a call of a tool, and to give its result: <see cref="ToolResultAnswer"/>.</summary>
    ClientTool,
}

/// <summary>A call of a tool that a session waits with. While it does, it has no run, and no process holds anything for it.</summary>
/// <param name="RequestId">The request's id: no other request, of any session, has the same.</param>
/// <param name="Kind">What it waits for.</param>
/// <param name="ToolCallId">The call. Ids of calls may come again in later responses of a model.</param>
/// <param name="ToolName">The tool.</param>
/// <param name="Arguments">The call's arguments, a JSON object, as text.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.PendingRequest")]
public sealed record PendingRequest(
    [property: Id(0)] string RequestId,
    [property: Id(1)] PendingRequestKind Kind,
    [property: Id(2)] string ToolCallId,
    [property: Id(3)] string ToolName,
    [property: Id(4)] string Arguments)
{
    /// <summary>When it counts as denied unless it has an answer by then, in UTC; null for never (<see cref="AgentStreamOptions.ApprovalTimeout"/>).</summary>
    [Id(5)]
    public DateTimeOffset? ExpiresAt { get; init; }
}
