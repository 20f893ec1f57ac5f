using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Runs;

/// <summary>The model calls tools by the names that it was told; they have names of their own.</summary>
internal static class ToolNames
{
    /// <summary>An update of the model's stream whose calls have the tools' own names.</summary>
    public static ChatResponseUpdate WithToolNames(this Agent agent, ChatResponseUpdate update)
    {
        if (!update.Contents.OfType<FunctionCallContent>().Any(call => agent.ToolNameOf(call.Name) != call.Name))
        {
            return update;
        }

        var renamed = update.Clone();
        renamed.Contents = [.. update.Contents.Select(content => content is not FunctionCallContent call ? content
            : new FunctionCallContent(call.CallId, agent.ToolNameOf(call.Name), call.Arguments)
            {
                AdditionalProperties = call.AdditionalProperties,
                Exception = call.Exception,
                InformationalOnly = call.InformationalOnly,
                RawRepresentation = call.RawRepresentation,
            })];
        return renamed;
    }
}
