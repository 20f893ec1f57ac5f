using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Chaos.Approvals;

/// <summary>
/// A model that asks for payments, as many as its prompt says (<c>pay a1-1.1 3</c>), and for a signature, which the client has to give, when it says so (<c>pay a1-1.1 3 sign</c>). It is done when it has
/// all results.
/// </summary>
internal sealed class GatedModel : IChatClient
{
    /// <summary>The last words of each run.</summary>
    public const string Done = "done";

    /// <summary>The tool of the client, which it gives with its prompt.</summary>
    public const string Sign = "sign";

    /// <summary>A prompt for some payments, and perhaps a signature.</summary>
    public static string Prompt(string tag, int payments, bool isSigned) => string.Create(CultureInfo.InvariantCulture, $"pay {tag} {payments}{(isSigned ? $" {Sign}" : "")}");

    /// <summary>The tag of a prompt's payment.</summary>
    public static string Payment(string tag, int number) => string.Create(CultureInfo.InvariantCulture, $"{tag}/{number}");

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var chat = messages.ToList();
        if (chat[^1].Contents.Any(content => content is FunctionResultContent))
        {
            yield return new(ChatRole.Assistant, Done) { FinishReason = ChatFinishReason.Stop };
            yield break;
        }

        var words = chat[^1].Contents.OfType<TextContent>().Last().Text.Split(' ');
        var count = int.Parse(words[2], CultureInfo.InvariantCulture);
        for (var n = 0; n < count; n++)
        {
            // The same ids in each response, as some endpoints give them.
            yield return new(ChatRole.Assistant, [new FunctionCallContent($"call_{n}", PaymentTool.Name, new Dictionary<string, object?> { ["tag"] = Payment(words[1], n) })]);
        }

        if (words.Length > 3)
        {
            yield return new(ChatRole.Assistant, [new FunctionCallContent($"call_{count}", Sign, new Dictionary<string, object?> { ["tag"] = words[1] })]);
        }

        yield return new() { FinishReason = ChatFinishReason.ToolCalls };
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
}
