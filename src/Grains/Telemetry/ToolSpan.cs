using System.Diagnostics;

namespace AgentStream.Grains.Telemetry;

/// <summary>The span of a tool call, <c>execute_tool</c>.</summary>
internal static class ToolSpan
{
    /// <summary>A call that took longer than it may.</summary>
    public const string TimedOut = "timeout";

    /// <summary>A call whose arguments the tool cannot read.</summary>
    public const string InvalidArguments = "invalid_arguments";

    /// <summary>Starts the span.</summary>
    /// <returns>The span; null when nobody listens.</returns>
    public static Activity? Start(string tool, string callId, string agent, SessionKey key) => !Spans.Source.HasListeners() ? null : Spans.Source.StartActivity(
        Spans.Title(GenAI.Operations.ExecuteTool, tool),
        ActivityKind.Internal,
        default(ActivityContext),
        new TagList
        {
            { GenAI.Operation, GenAI.Operations.ExecuteTool },
            { GenAI.ToolName, tool },
            { GenAI.ToolType, "function" },
            { GenAI.ToolCallId, callId },
            { GenAI.Agent, agent },
            { GenAI.Conversation, key.Session },
        });
}
