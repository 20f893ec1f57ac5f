using System.Collections;

namespace AgentStream.Messages;

/// <summary>Messages that are made when they are asked for, and not kept.</summary>
/// <param name="count">How many there are.</param>
/// <param name="read">Makes the one at an index.</param>
internal sealed class LongMessages(int count, Func<int, ModelMessage> read) : IReadOnlyList<ModelMessage>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public ModelMessage this[int index] => read(index);

    /// <inheritdoc/>
    public IEnumerator<ModelMessage> GetEnumerator() => Enumerable.Range(0, count).Select(read).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
