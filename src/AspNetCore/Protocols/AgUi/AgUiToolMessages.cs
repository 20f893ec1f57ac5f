using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>
/// The results of a client's tools as clients without interrupts send them: the conversation ends with a message of the role <c>tool</c> for each call. The results of the silo's own calls are never last.
/// </summary>
internal static class AgUiToolMessages
{
    /// <summary>Reads the answers.</summary>
    /// <param name="root">The body.</param>
    /// <param name="fields">Takes what is wrong.</param>
    /// <returns>The results with the ids that the calls are shown under; null when the conversation ends with another message.</returns>
    public static IReadOnlyList<(string Shown, ToolResultAnswer Answer)>? Read(JsonElement root, JsonFields fields)
    {
        if (root.Field(LastMessage.Messages) is not { ValueKind: JsonValueKind.Array } messages)
        {
            return null;
        }

        var first = messages.GetArrayLength();
        while (first > 0 && LastMessage.IsOf(messages[first - 1], "tool"u8))
        {
            first--;
        }

        var answers = new List<(string, ToolResultAnswer)>();
        for (var at = first; at < messages.GetArrayLength(); at++)
        {
            var path = $"{LastMessage.Messages}[{at}]";
            var shown = fields.Text(messages[at], "toolCallId", $"{path}.toolCallId", text => text is null ? "is required" : null);
            var content = fields.Text(messages[at], "content", $"{path}.content", _ => null);
            var error = fields.Text(messages[at], "error", $"{path}.error", _ => null);
            if (shown is not null)
            {
                var text = string.IsNullOrEmpty(content) ? error ?? "" : content;
                answers.Add((shown, new ToolResultAnswer(ShownCalls.ModelId(shown), JsonSerializer.Serialize(text), IsError: error is not null)));
            }
        }

        return first == messages.GetArrayLength() ? null : answers;
    }
}
