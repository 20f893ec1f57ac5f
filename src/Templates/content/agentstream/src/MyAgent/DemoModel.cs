using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace MyAgent;

/// <summary>Stands in for a model until you have one: it looks up the order whose number it is told.</summary>
public sealed partial class DemoModel : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var last = messages.Last();
        AIContent content = new TextContent("Which order do you mean? I know 7 and 8.");
        if (last.Contents.OfType<FunctionResultContent>().FirstOrDefault() is { } result)
        {
            content = new TextContent($"{result.Result}");
        }
        else if (Number().Match(last.Text) is { Success: true } number)
        {
            content = new FunctionCallContent("call_1", "find_order", new Dictionary<string, object?> { ["number"] = int.Parse(number.Value, CultureInfo.InvariantCulture) });
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [content])
        {
            FinishReason = content is FunctionCallContent ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
        };
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    [GeneratedRegex("[0-9]{1,9}")]
    private static partial Regex Number();
}
