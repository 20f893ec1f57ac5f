using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.ForeignWrites;

/// <summary>A model that counts, slowly, until it is told that it is enough; asked for anything else than to count, it says one word.</summary>
internal sealed class Counter : IChatClient
{
    public const string Count = "count";
    public const string Wait = "wait";
    public const string Word = "word";

    /// <summary>Ends the counting of all.</summary>
    public TaskCompletionSource Enough { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How far each prompt that begins with <see cref="Count"/> has got.</summary>
    public ConcurrentDictionary<string, int> Counts { get; } = new();

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var prompt = messages.Last().Text;
        yield return new(ChatRole.Assistant, Word);
        if (prompt == Wait)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        for (var i = 1; prompt.StartsWith(Count, StringComparison.Ordinal) && !Enough.Task.IsCompleted; i++)
        {
            Counts[prompt] = i;
            yield return new(ChatRole.Assistant, string.Create(CultureInfo.InvariantCulture, $" {i}"));
            await Task.Delay(10, cancellationToken);
        }

        yield return new() { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Runs stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
