using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Chaos;

/// <summary>A model that says what the plan of its prompt has for the node that it is asked for. Each response has call ids of its own, as real models give them.</summary>
internal sealed class PlannedModel(TimeProvider time) : IChatClient
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (plan, idx) = Asked([.. messages]);
        var node = plan.Nodes[idx];
        var response = Guid.NewGuid().ToString("N")[..6];
        foreach (var content in Contents(plan, idx, response))
        {
            await Task.Delay(node.Pace, time, cancellationToken);
            yield return new(ChatRole.Assistant, [content]) { ResponseId = response, MessageId = response };
        }

        yield return new(ChatRole.Assistant, [new UsageContent(new() { OutputTokenCount = node.Thoughts.Count + node.Words.Count })])
        {
            ResponseId = response,
            MessageId = response,
            FinishReason = node.Calls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
        };
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Prompts that got no answer stand before the last one; what was answered behind it is how far the run got.</summary>
    private static (Plan Plan, int Idx) Asked(IReadOnlyList<ChatMessage> chat)
    {
        var asked = chat.Count - 1;
        while (asked >= 0 && chat[asked].Role != ChatRole.User)
        {
            asked--;
        }

        var prompt = chat[asked].Contents.OfType<TextContent>().Last().Text;
        return (Plan.Of(prompt) ?? throw new InvalidOperationException($"There is no plan in '{prompt}'."), chat.Skip(asked).Count(message => message.Role == ChatRole.Assistant));
    }

    private static IEnumerable<AIContent> Contents(Plan plan, int idx, string response)
    {
        var node = plan.Nodes[idx];
        foreach (var thought in node.Thoughts)
        {
            yield return new TextReasoningContent(thought);
        }

        foreach (var word in node.Words)
        {
            yield return new TextContent(word);
        }

        for (var n = 0; n < node.Calls.Count; n++)
        {
            var call = node.Calls[n];
            var id = string.Create(CultureInfo.InvariantCulture, $"{plan.Tag}/{idx}.{n}-{response}");
            yield return new FunctionCallContent(
                id, call.Tool, new Dictionary<string, object?> { ["tag"] = call.Tag, ["number"] = call.Number, ["milliseconds"] = call.Milliseconds });
        }
    }
}
