namespace AgentStream.Testing;

/// <summary>A <see cref="ScriptedChatClient"/> was sent more requests than its script has responses. A run that this happens to fails, and its error has this message.</summary>
public sealed class ScriptEndedException : AgentStreamException
{
    internal ScriptEndedException(int responses, ScriptedRequest request)
        : base($"The script is at its end: it has {responses} {(responses == 1 ? "response" : "responses")}, and the model was sent request {responses + 1}, {Describe(request)}.")
    {
    }

    /// <inheritdoc/>
    public override string? PublicMessage => Message;

    private static string Describe(ScriptedRequest request) => request.ToolResults is [_, ..] results
        ? $"with the result of {results.Count} tool {(results.Count == 1 ? "call" : "calls")}"
        : $"with the prompt '{request.Prompt}'";
}
