using System.Runtime.CompilerServices;
using AgentStream.TestTools;

namespace AgentStream.Python.Tests;

/// <summary>Listening that fails a test when nothing comes for too long.</summary>
internal static class Patience
{
    /// <summary>The same events, each awaited for <see cref="Wait.Limit"/> at the most.</summary>
    public static async IAsyncEnumerable<StreamEntry> WithPatience(
        this IAsyncEnumerable<StreamEntry> events, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Wait.Limit);
        await foreach (var item in events.WithCancellation(patience.Token))
        {
            patience.CancelAfter(Wait.Limit);
            yield return item;
        }
    }
}
