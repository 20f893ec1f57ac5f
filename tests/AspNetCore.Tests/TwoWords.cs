using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A model that says one word when it is told to continue, and another right after.</summary>
internal sealed class TwoWords : IChatClient
{
    public TaskCompletionSource Waits { get; } = new();

    public TaskCompletionSource Continue { get; } = new();

    /// <summary>How many requests it had.</summary>
    public int Asked { get; private set; }

    /// <summary>What the last request carried.</summary>
    public IReadOnlyList<ChatMessage> Seen { get; private set; } = [];

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Seen = [.. messages];
        Asked++;
        Waits.TrySetResult();
        await Continue.Task.WaitAsync(cancellationToken);
        yield return new ChatResponseUpdate(ChatRole.Assistant, "Hello");
        yield return new ChatResponseUpdate(ChatRole.Assistant, " world") { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Runs stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
