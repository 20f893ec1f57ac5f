using Microsoft.Extensions.AI;

namespace AgentStream.Silo.Demo;

/// <summary>One response of the demo model: what the last prompt asks for, and how far that has come.</summary>
internal sealed class DemoTurn
{
    private readonly IReadOnlyList<FunctionCallContent> _made;
    private readonly IReadOnlyList<FunctionResultContent> _results;
    private readonly int _callsBefore;

    private DemoTurn(
        DemoPlan plan, IReadOnlyList<FunctionCallContent> made, IReadOnlyList<FunctionResultContent> results, int callsBefore) =>
        (Plan, _made, _results, _callsBefore) = (plan, made, results, callsBefore);

    /// <summary>What the prompt asks for.</summary>
    public DemoPlan Plan { get; }

    /// <summary>Whether this response calls tools; the next one has their results.</summary>
    public bool CallsTools => Plan.Calls.Count > 0 && _made.Count == 0;

    /// <summary>Reads where a conversation stands.</summary>
    /// <param name="chat">The conversation.</param>
    /// <param name="tools">The tools that the model is offered; null for none.</param>
    public static DemoTurn Of(IReadOnlyList<ChatMessage> chat, IEnumerable<AITool>? tools = null)
    {
        var prompt = chat.Count - 1;
        while (prompt >= 0 && chat[prompt].Role != ChatRole.User)
        {
            prompt--;
        }

        var since = chat.Skip(prompt + 1).SelectMany(message => message.Contents).ToList();
        return new(
            DemoPlan.Read(prompt < 0 ? "" : chat[prompt].Text, tools?.Where(tool => tool is AIFunctionDeclaration and not AIFunction).Select(tool => tool.Name).ToHashSet()),
            [.. since.OfType<FunctionCallContent>()],
            [.. since.OfType<FunctionResultContent>()],
            chat.Take(prompt + 1).Sum(message => message.Contents.OfType<FunctionCallContent>().Count()));
    }

    /// <summary>What the model says, chunk by chunk.</summary>
    public IEnumerable<AIContent> Contents()
    {
        if (_made.Count == 0)
        {
            foreach (var thought in DemoAnswer.Thoughts(Plan))
            {
                yield return new TextReasoningContent(thought);
            }
        }

        if (CallsTools)
        {
            // Counted through the conversation: the same each time, and never twice in it.
            foreach (var (call, at) in Plan.Calls.Select((call, at) => (call, at)))
            {
                var arguments = new Dictionary<string, object?>();
                if (call.Expression is not null)
                {
                    arguments["expression"] = call.Expression;
                }

                yield return new FunctionCallContent($"call_{_callsBefore + at + 1}", call.Tool, arguments);
            }

            yield break;
        }

        foreach (var chunk in DemoAnswer.Chunks(Plan, [.. Plan.Calls.Select((_, at) => ResultOf(at))]))
        {
            yield return new TextContent(chunk);
        }
    }

    private FunctionResultContent? ResultOf(int at) =>
        at < _made.Count ? _results.FirstOrDefault(result => result.CallId == _made[at].CallId) : null;
}
