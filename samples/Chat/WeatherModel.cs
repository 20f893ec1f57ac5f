using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Chat;

/// <summary>Stands in for a real model: it takes the last word of a prompt for a city, calls the first tool it is offered, and repeats the result.</summary>
internal sealed class WeatherModel : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = messages.Last();
        if (last.Contents.OfType<FunctionResultContent>().FirstOrDefault() is { } result)
        {
            foreach (var word in $"The weather is {result.Result}.".Split(' '))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(30), cancellationToken);
                yield return new ChatResponseUpdate(ChatRole.Assistant, word == "The" ? word : $" {word}");
            }

            yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
        }
        else
        {
            var city = last.Text.TrimEnd('?', '.', ' ').Split(' ')[^1];
            var call = new FunctionCallContent(Guid.NewGuid().ToString("N"), options!.Tools![0].Name, new Dictionary<string, object?> { ["city"] = city });
            yield return new ChatResponseUpdate(ChatRole.Assistant, [call]) { FinishReason = ChatFinishReason.ToolCalls };
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
