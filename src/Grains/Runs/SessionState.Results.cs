using AgentStream.Grains.Chat;
using AgentStream.Messages;

namespace AgentStream.Grains.Runs;

/// <summary>The results of the last response's calls.</summary>
internal sealed partial class SessionState
{
    // Most sessions have none, so there is nothing for them until the first one comes.
    private Dictionary<string, RequestPart>? _results;

    private Dictionary<string, RequestPart> Results => _results ??= [];

    /// <summary>
    /// Moves the results of the last response's calls, in the order of the calls, to the head of the next request. A call without one
    /// was interrupted, and the model is told so: no model accepts a call that stays open.
    /// </summary>
    private void TakeResults(DateTimeOffset now)
    {
        if (_unanswered.Count > 0 || _messages is not [.., ModelResponse last])
        {
            return;
        }

        foreach (var call in last.ToolCalls)
        {
            _unanswered.Add(_results?.GetValueOrDefault(call.ToolCallId) ?? Interrupted(call, now));
        }

        _results = null;
        Requests.Close();
    }

    private static ToolReturnPart Interrupted(ToolCallPart call, DateTimeOffset now) =>
        new(call.ToolName, call.ToolCallId, ChatJson.ToElement(ToolOutcome.Interrupted), ToolOutcome.Interrupted) { Timestamp = now };

    private static string CallOf(RequestPart result) => result switch
    {
        ToolReturnPart part => part.ToolCallId,
        RetryPromptPart part => part.ToolCallId,
        _ => throw new InvalidDataException($"A tool result cannot be a {result.GetType().Name}."),
    };
}
