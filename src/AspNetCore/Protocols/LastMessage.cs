using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>Reads the prompt from a conversation: the text of its last message. The history is the session's own, so the messages before it do not count.</summary>
internal static class LastMessage
{
    /// <summary>The field of a conversation with its messages.</summary>
    internal const string Messages = "messages";

    /// <summary>Reads the prompt.</summary>
    /// <param name="root">The body, with its field <c>messages</c>.</param>
    /// <param name="content">The field of a message that has its text, or its parts.</param>
    /// <param name="fields">Takes what is wrong.</param>
    /// <returns>The prompt; null when it is wrong.</returns>
    public static string? Prompt(JsonElement root, string content, JsonFields fields)
    {
        if (Of(root) is not { } last)
        {
            return fields.Wrong(Messages, "must be an array of at least one message");
        }

        var path = $"{Messages}[{root.GetProperty(Messages).GetArrayLength() - 1}]";
        if (!IsOf(last, "user"u8))
        {
            return fields.Wrong(path, "must be the user's: the silo calls the tools and keeps the history, so there is nothing else to send");
        }

        try
        {
            var text = last.Field(content) switch
            {
                { ValueKind: JsonValueKind.String } whole => whole.GetString(),
                { ValueKind: JsonValueKind.Array } parts => Join(parts, $"{path}.{content}", fields),
                _ => fields.Wrong($"{path}.{content}", "must be the message's text, or an array of its parts"),
            };
            return text is not null && RunRequestRules.Prompt(text) is { } broken ? fields.Wrong($"{path}.{content}", broken) : text;
        }
        catch (InvalidOperationException)
        {
            return fields.Wrong($"{path}.{content}", "must not contain half of a surrogate pair");
        }
    }

    /// <summary>The last message; null when there is none.</summary>
    public static JsonElement? Of(JsonElement root) =>
        root.Field(Messages) is { ValueKind: JsonValueKind.Array } messages && messages.GetArrayLength() is > 0 and var count ? messages[count - 1] : null;

    /// <summary>Whether a message is of a role.</summary>
    public static bool IsOf(JsonElement message, ReadOnlySpan<byte> role) => message.Field("role") is { ValueKind: JsonValueKind.String } given && given.ValueEquals(role);

    private static string? Join(JsonElement parts, string path, JsonFields fields)
    {
        var texts = new List<string>();
        var i = 0;
        foreach (var part in parts.EnumerateArray())
        {
            var type = part.Field("type") is { ValueKind: JsonValueKind.String } word ? word.GetString()! : "";
            if (type == "text" && part.Field("text") is { ValueKind: JsonValueKind.String } text)
            {
                texts.Add(text.GetString()!);
            }
            else if (!type.StartsWith("data-", StringComparison.Ordinal))
            {
                return fields.Wrong($"{path}[{i}]", "must be text: prompts have no files here");
            }

            i++;
        }

        return string.Join('\n', texts);
    }
}
