using System.Text.Json;

namespace AgentStream;

/// <summary>Decides whether a call of a tool needs a person. It is asked before each call, also when a run was recovered, and may be asked again about the same call.</summary>
/// <param name="question">The call.</param>
/// <param name="cancellationToken">The run was canceled.</param>
/// <returns>The verdict.</returns>
/// <exception cref="Exception">The call is not made; the model is told that it failed.</exception>
public delegate ValueTask<ApprovalVerdict> ApprovalPolicy(ApprovalQuestion question, CancellationToken cancellationToken);

/// <summary>A call that an <see cref="ApprovalPolicy"/> is asked about.</summary>
/// <param name="ToolName">The tool.</param>
/// <param name="ToolCallId">The call.</param>
/// <param name="Arguments">The arguments as the model wrote them, a JSON object. They have not been held against the tool's schema.</param>
/// <param name="RequiresApproval">Whether the tool itself asks for a person (<see cref="Microsoft.Extensions.AI.ApprovalRequiredAIFunction"/>).</param>
/// <param name="Deps">The run.</param>
public sealed record ApprovalQuestion(string ToolName, string ToolCallId, JsonElement Arguments, bool RequiresApproval, Deps Deps);

/// <summary>What an <see cref="ApprovalPolicy"/> says of a call.</summary>
public sealed class ApprovalVerdict
{
    private ApprovalVerdict(ApprovalVerdictKind kind, string? reason = null) => (Kind, Reason) = (kind, reason);

    /// <summary>Gets the verdict that the policy has nothing to say: the call is made, unless the tool itself asks for a person.</summary>
    public static ApprovalVerdict NotNeeded { get; } = new(ApprovalVerdictKind.NotNeeded);

    /// <summary>Gets the verdict that the call is made, also when the tool itself asks for a person.</summary>
    public static ApprovalVerdict Approved { get; } = new(ApprovalVerdictKind.Approved);

    /// <summary>Gets the verdict that a person decides, unless the session allows such calls already.</summary>
    public static ApprovalVerdict AskUser { get; } = new(ApprovalVerdictKind.AskUser);

    /// <summary>Gets the reason of a call that is not made; null for none, and for the other verdicts.</summary>
    public string? Reason { get; }

    internal ApprovalVerdictKind Kind { get; }

    /// <summary>Makes the verdict that the call is not made, whatever the session allows.</summary>
    /// <param name="reason">Why not, for the model; null for nothing.</param>
    /// <returns>The verdict.</returns>
    public static ApprovalVerdict Denied(string? reason = null) => new(ApprovalVerdictKind.Denied, reason);
}

/// <summary>The kinds of verdicts.</summary>
internal enum ApprovalVerdictKind
{
    NotNeeded,
    Approved,
    AskUser,
    Denied,
}
