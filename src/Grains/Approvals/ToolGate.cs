using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Messages;

namespace AgentStream.Grains.Approvals;

/// <summary>Decides which calls of a response are made now, and which wait for somebody.</summary>
internal sealed class ToolGate(Agent agent, Deps deps, RunEnvironment environment)
{
    /// <summary>Decides about a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="requests">What was asked and answered so far.</param>
    /// <param name="cancellationToken">The run was canceled.</param>
    public async ValueTask<GateDecision> AskAsync(ToolCallPart call, SessionRequests requests, CancellationToken cancellationToken)
    {
        if (agent.ClientTools.Contains(call.ToolName))
        {
            return call.TryGetArguments(out _, out _) ? GateDecision.Wait(PendingRequestKind.ClientTool) : GateDecision.Make;
        }

        if (requests.DecisionOf(call.ToolCallId) is { IsApproved: true } approved)
        {
            return new(GateAction.MakeOnce, Arguments: approved.Arguments);
        }

        // What cannot be called as the model wrote it goes back to the model: nobody is asked about that.
        if (!agent.Functions.TryGetValue(call.ToolName, out var function) || !call.TryGetArguments(out var arguments, out _))
        {
            return GateDecision.Make;
        }

        var isRequired = ToolFactory.NeedsApproval(function);
        var verdict = ApprovalVerdict.NotNeeded;
        if (agent.Approval is { } policy)
        {
            try
            {
                verdict = await policy(new ApprovalQuestion(call.ToolName, call.ToolCallId, arguments, isRequired, deps), cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                environment.Logger.ApprovalPolicyFailed(e, call.ToolName, call.ToolCallId, deps.Run.Token.RunId, deps.Key);
                return new(GateAction.Fail, Reason: environment.Words.OfTool(call.ToolName, e));
            }
        }

        return verdict.Kind switch
        {
            ApprovalVerdictKind.Denied => new(GateAction.Deny, Reason: verdict.Reason ?? RequestRules.Denied),
            ApprovalVerdictKind.Approved => new(GateAction.MakeOnce),
            ApprovalVerdictKind.NotNeeded when !isRequired => GateDecision.Make,
            _ => requests.IsAllowed(call.ToolName, arguments) ? new(GateAction.MakeOnce) : GateDecision.Wait(PendingRequestKind.Approval),
        };
    }
}

/// <summary>What becomes of a call.</summary>
internal enum GateAction
{
    /// <summary>It is made.</summary>
    Make,

    /// <summary>It is made at most once, whatever happens.</summary>
    MakeOnce,

    /// <summary>It is not allowed.</summary>
    Deny,

    /// <summary>Nobody could say whether it is allowed.</summary>
    Fail,

    /// <summary>It waits for somebody.</summary>
    Wait,
}

/// <summary>What becomes of a call.</summary>
/// <param name="Action">What.</param>
/// <param name="Reason">Why it is not made.</param>
/// <param name="Arguments">The arguments in place of the model's; null for the model's.</param>
/// <param name="Kind">For whom it waits.</param>
internal sealed record GateDecision(GateAction Action, string? Reason = null, string? Arguments = null, PendingRequestKind Kind = default)
{
    public static readonly GateDecision Make = new(GateAction.Make);

    public static GateDecision Wait(PendingRequestKind kind) => new(GateAction.Wait, Kind: kind);
}
