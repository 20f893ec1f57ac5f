using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Samples;

/// <summary>
/// Stands in for a real model, and needs no key: it calls the first tool that it is offered, with the last word of the prompt, and repeats the result word by word.
/// Without a tool it repeats the prompt.
/// </summary>
/// <param name="delay">The time before each word; null for 30 ms.</param>
internal sealed class StandInModel(TimeSpan? delay = null) : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = messages.Last();
        var result = last.Contents.OfType<FunctionResultContent>().FirstOrDefault();
        if (result is null && options?.Tools?.OfType<AIFunctionDeclaration>().FirstOrDefault() is { } tool)
        {
            var call = new FunctionCallContent(Guid.NewGuid().ToString("N"), tool.Name, Arguments(tool, last.Text));
            yield return new ChatResponseUpdate(ChatRole.Assistant, [call]) { FinishReason = ChatFinishReason.ToolCalls };
            yield break;
        }

        var words = (result is null ? last.Text : $"{result.Result}").Split(' ');
        foreach (var (at, word) in words.Index())
        {
            await Task.Delay(delay ?? TimeSpan.FromMilliseconds(30), cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, at == 0 ? word : $" {word}");
        }

        // A word counts as a token.
        var usage = new UsageDetails { InputTokenCount = messages.Sum(message => message.Text.Split(' ').Length), OutputTokenCount = words.Length };
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(usage)]) { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static Dictionary<string, object?> Arguments(AIFunctionDeclaration tool, string prompt)
    {
        var word = prompt.TrimEnd('?', '.', '!', ' ').Split(' ')[^1];
        object value = long.TryParse(word, out var number) ? number : word;
        return tool.JsonSchema.TryGetProperty("properties", out var parameters) && parameters.EnumerateObject().FirstOrDefault() is { Value.ValueKind: not JsonValueKind.Undefined } first
            ? new() { [first.Name] = value }
            : [];
    }
}
