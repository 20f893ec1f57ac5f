using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>
/// What the client posts when its user has answered: the conversation with the assistant's message last, whose tool parts have the answers (<c>addToolApprovalResponse</c>,
/// <c>addToolOutput</c>). The answer to it continues that message.
/// </summary>
/// <param name="MessageId">The message, which is continued.</param>
/// <param name="Answers">The answers.</param>
/// <param name="Calls">The calls that the message shows, by the ids that it shows them under, and whether each still has no result.</param>
internal sealed record AiSdkAnswers(string MessageId, IReadOnlyList<RequestAnswer> Answers, IReadOnlyList<(string Shown, bool IsOpen)> Calls)
{
    private const string Responded = "approval-responded";

    /// <summary>Reads the answers.</summary>
    /// <param name="root">The body.</param>
    /// <param name="fields">Takes what is wrong.</param>
    /// <returns>The answers; null when the last message has none: then it has to be a prompt.</returns>
    public static AiSdkAnswers? Read(JsonElement root, JsonFields fields)
    {
        if (root.Field("messages") is not { ValueKind: JsonValueKind.Array } messages
            || messages.GetArrayLength() == 0
            || messages[messages.GetArrayLength() - 1] is not { ValueKind: JsonValueKind.Object } last
            || last.Text("role") != "assistant"
            || last.Text("id") is not { } messageId
            || last.Field("parts") is not { ValueKind: JsonValueKind.Array } parts)
        {
            return null;
        }

        var (answers, calls) = (new List<RequestAnswer>(), new List<(string, bool)>());
        var path = $"messages[{messages.GetArrayLength() - 1}].parts";
        var at = -1;
        foreach (var part in parts.EnumerateArray())
        {
            at++;
            if (part.ValueKind != JsonValueKind.Object || part.Text("toolCallId") is not { } shown)
            {
                continue;
            }

            var answer = AnswerOf(part, shown, $"{path}[{at}]", fields);

            // A call of the silo that the same response made gets its result with the continuation, too.
            calls.Add((shown, answer is not null || part.Text("state") is "input-available" or "approval-requested"));
            if (answer is not null)
            {
                answers.Add(answer);
            }
        }

        return answers.Count == 0 ? null : new AiSdkAnswers(messageId, answers, calls);
    }

    private static RequestAnswer? AnswerOf(JsonElement part, string shown, string path, JsonFields fields)
    {
        switch (part.Text("state"))
        {
            case Responded when part.Field("approval") is { ValueKind: JsonValueKind.Object } approval:
                if (approval.Text("id") is { } id && approval.Field("approved") is { ValueKind: JsonValueKind.True or JsonValueKind.False } approved)
                {
                    return new ApprovalAnswer(id, approved.GetBoolean(), approved.GetBoolean() ? null : approval.Text("reason"));
                }

                fields.Wrong($"{path}.approval", "must have an id, and say whether the call is approved");
                return null;

            // What the silo has called says so.
            case "output-available" when !IsOfSilo(part):
                return new ToolResultAnswer(ShownCalls.ModelId(shown), (part.Field("output") ?? JsonElement.Parse("null"u8)).GetRawText());
            case "output-error" when !IsOfSilo(part):
                return new ToolResultAnswer(ShownCalls.ModelId(shown), JsonSerializer.Serialize(part.Text("errorText") ?? ""), IsError: true);
            default:
                return null;
        }
    }

    private static bool IsOfSilo(JsonElement part) => part.Field("providerExecuted") is { ValueKind: JsonValueKind.True };
}
