namespace AgentStream;

/// <summary>The answer to a <see cref="PendingRequest"/>. A request takes one; the same answer again changes nothing.</summary>
[GenerateSerializer, Immutable, Alias("AgentStream.RequestAnswer")]
public abstract record RequestAnswer
{
    private protected RequestAnswer()
    {
    }
}

/// <summary>For how long a decision counts.</summary>
public enum ApprovalMemory
{
    /// <summary>For this call.</summary>
    None,

    /// <summary>Also for later calls of the tool with the same arguments, in this session.</summary>
    Call,

    /// <summary>Also for all later calls of the tool, in this session.</summary>
    Tool,
}

/// <summary>Allows a call, or does not. A call that is not allowed is never made; the model is told.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="IsApproved">Whether the call may be made.</param>
/// <param name="Reason">Why not, for the model; null for nothing.</param>
/// <param name="Arguments">The arguments to call the tool with in place of the model's, a JSON object, as text; null for the model's. The model is told of them.</param>
/// <param name="Memory">For how long the permission counts; of no meaning when the call is not allowed.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.ApprovalAnswer")]
public sealed record ApprovalAnswer(
    [property: Id(0)] string RequestId,
    [property: Id(1)] bool IsApproved,
    [property: Id(2)] string? Reason = null,
    [property: Id(3)] string? Arguments = null,
    [property: Id(4)] ApprovalMemory Memory = ApprovalMemory.None) : RequestAnswer;

/// <summary>The result of a call that the client carried out.</summary>
/// <param name="ToolCallId">The call: one that the session waits for. The id of its request will do, too.</param>
/// <param name="Content">The result: any JSON, as text.</param>
/// <param name="IsError">Whether the result says what went wrong.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.ToolResultAnswer")]
public sealed record ToolResultAnswer([property: Id(0)] string ToolCallId, [property: Id(1)] string Content, [property: Id(2)] bool IsError = false) : RequestAnswer;

/// <summary>What an answer has led to.</summary>
/// <param name="Pending">How many requests of the session are still open.</param>
/// <param name="RunId">The run that continues with the answers; null while requests are open.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.AnswerReceipt")]
public sealed record AnswerReceipt([property: Id(0)] int Pending, [property: Id(1)] string? RunId);
