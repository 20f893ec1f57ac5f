using System.Collections;

namespace AgentStream.Messages;

/// <summary>Items that are made when somebody asks for them, and not kept: those of a long JSON array take several times its length.</summary>
/// <param name="count">How many there are.</param>
/// <param name="read">Makes the one at an index.</param>
internal sealed class LazyList<T>(Func<int> count, Func<int, T> read) : IReadOnlyList<T>
{
    /// <inheritdoc/>
    public int Count => count();

    /// <inheritdoc/>
    public T this[int index] => read(index);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => Enumerable.Range(0, count()).Select(read).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
