using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace AgentStream.Silo.Demo;

/// <summary>
/// A model for demonstrations and tests: no key, no network, and the same answer to the same prompt. It calls tools for arithmetic and
/// the time, counts, thinks and fails when it is asked to (<see cref="DemoPlan"/>).
/// </summary>
internal sealed class DemoChatClient(IOptions<DemoOptions> options, TimeProvider time) : IChatClient
{
    private const string ModelId = "demo";

    private static readonly ChatClientMetadata Metadata = new("agentstream", defaultModelId: ModelId);

    private readonly TimeSpan _delay = options.Value.TokenDelay;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var chat = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var turn = DemoTurn.Of(chat, options?.Tools);
        var (thoughts, words) = (0, 0);

        foreach (var content in turn.Contents())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_delay > TimeSpan.Zero)
            {
                await Task.Delay(_delay, time, cancellationToken);
            }

            yield return Update(content);
            _ = content is TextReasoningContent ? thoughts++ : words++;

            if (turn.Plan.Fails)
            {
                throw new DemoFailureException();
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        var last = Update(new UsageContent(Usage(chat, thoughts, words)));
        last.FinishReason = turn.CallsTools ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        yield return last;

        ChatResponseUpdate Update(AIContent content)
        {
            var id = $"demo-{chat.Count}";
            return new(ChatRole.Assistant, [content]) { ModelId = ModelId, ResponseId = id, MessageId = id };
        }
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // Four characters a token is what one reckons with; a chunk is a token.
    private static UsageDetails Usage(IReadOnlyList<ChatMessage> chat, int thoughts, int words)
    {
        var input = chat.Sum(message => 1 + ((long)message.Text.Length / 4));
        return new()
        {
            InputTokenCount = input,
            OutputTokenCount = thoughts + words,
            ReasoningTokenCount = thoughts,
            TotalTokenCount = input + thoughts + words,
        };
    }
}
