using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// What is sent to a model: a history without what endpoints refuse. A history keeps what was said and done, whatever it was; an endpoint
/// refuses a whole request for one old message that breaks a rule of its own. So this is done to a copy, right before it is sent.
/// </summary>
/// <param name="Messages">The messages: what the model is told first, then the conversation.</param>
/// <param name="Instructions">The agent's instructions; null where they are in the messages.</param>
internal sealed record ModelInput(IReadOnlyList<ChatMessage> Messages, string? Instructions)
{
    /// <summary>Makes the input. The history stays as it is.</summary>
    /// <param name="history">The history as chat messages; the last of the user's is the new prompt.</param>
    /// <param name="instructions">What the agent's model is told before everything else; null for nothing.</param>
    /// <param name="rules">What may be sent.</param>
    public static ModelInput Of(IEnumerable<ChatMessage> history, string? instructions, InputRules rules)
    {
        var all = history.ToList();
        var prompt = all.FindLastIndex(message => message.Role == ChatRole.User);
        var input = new List<ChatMessage>();
        var calls = new OpenCalls(new CallIds(), rules.KnownResults);
        foreach (var (index, message) in all.Index())
        {
            if (message.Role == ChatRole.Assistant)
            {
                calls.CloseInto(input);
                if (Said(message, calls, rules) is { } said)
                {
                    input.Add(said);
                }
            }
            else if (message.Role == ChatRole.Tool)
            {
                calls.Take(message);
            }
            else if (message.Role != ChatRole.System && Asked(message, index == prompt, rules) is { } asked)
            {
                calls.TakeOther(asked);
            }
        }

        calls.CloseInto(input);
        return rules.TrustsImports ? WithSystem(all.Where(message => message.Role == ChatRole.System), input, instructions) : new ModelInput(input, instructions);
    }

    /// <summary>Endpoints take one system message, and only as the first.</summary>
    private static ModelInput WithSystem(IEnumerable<ChatMessage> system, List<ChatMessage> input, string? instructions)
    {
        var texts = system.SelectMany(message => message.Contents.OfType<TextContent>())
            .Select(text => text.Text).Where(IsSomething).ToList();
        if (texts.Count == 0)
        {
            return new ModelInput(input, instructions);
        }

        // A client makes a system message of the instructions.
        if (IsSomething(instructions))
        {
            texts.Insert(0, instructions!);
        }

        input.Insert(0, new ChatMessage(ChatRole.System, string.Join("\n\n", texts)));
        return new ModelInput(input, null);
    }

    /// <summary>What the model said; null when it said nothing and called nothing.</summary>
    private static ChatMessage? Said(ChatMessage message, OpenCalls calls, InputRules rules)
    {
        var (contents, isSomething) = (new List<AIContent>(), false);
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    Add(contents, text);
                    isSomething |= IsSomething(text.Text);
                    break;
                case TextReasoningContent thought when rules.Takes(thought):
                    contents.Add(thought);
                    break;
                case TextReasoningContent:
                    break;
                case FunctionCallContent call:
                    contents.Add(calls.Add(call));
                    isSomething = true;
                    break;
                case not null when ContentNotes.Of(content) is { } note:
                    Add(contents, new TextContent(note));
                    isSomething = true;
                    break;
            }
        }

        return isSomething ? With(message, contents) : null;
    }

    /// <summary>What the user said; null when there is nothing that the model can be told.</summary>
    private static ChatMessage? Asked(ChatMessage message, bool isNew, InputRules rules)
    {
        var contents = new List<AIContent>();
        foreach (var content in message.Contents)
        {
            if (content is TextContent text)
            {
                Add(contents, text);
            }
            else if (content.GetType() != typeof(AIContent) && ((isNew && content is not UriContent) || rules.Takes(content)))
            {
                contents.Add(content);
            }
            else if (ContentNotes.Of(content) is { } note)
            {
                Add(contents, new TextContent(note));
            }
        }

        return contents.Count > 0 ? With(message, contents) : null;
    }

    /// <summary>Adds a text. Texts in a row become one, a line each: some clients join them without anything in between.</summary>
    private static void Add(List<AIContent> contents, TextContent text)
    {
        if (!IsSomething(text.Text))
        {
            return;
        }

        if (contents is [.., TextContent last])
        {
            contents[^1] = new TextContent($"{last.Text}\n{text.Text}");
        }
        else
        {
            contents.Add(text);
        }
    }

    private static ChatMessage With(ChatMessage message, List<AIContent> contents)
    {
        if (contents.SequenceEqual(message.Contents))
        {
            return message;
        }

        var changed = message.Clone();
        changed.Contents = contents;
        return changed;
    }

    private static bool IsSomething(string? text) => !string.IsNullOrWhiteSpace(text);
}
