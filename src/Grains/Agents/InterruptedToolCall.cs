namespace AgentStream;

/// <summary>What becomes of a tool call that was under way when its process died.</summary>
public enum InterruptedToolCall
{
    /// <summary>It is made again, with the same <see cref="ToolCall.Id"/>: a tool with side effects takes that for an idempotency key.</summary>
    Retry,

    /// <summary>It is not made again; the model is told that it was interrupted, and decides what to do.</summary>
    Report,
}

/// <summary>The call that a tool serves. A tool gets it through a parameter of this type, which the model does not see.</summary>
/// <param name="Id">The call's id. A call that is made again, after its process died, has the same.</param>
/// <param name="ToolName">The name by which the model called.</param>
public sealed record ToolCall(string Id, string ToolName);
