namespace AgentStream.Storage.Queue;

/// <summary>Items that take turns: one that is new or was served comes last. What it costs does not grow with what there is.</summary>
/// <typeparam name="T">What takes turns.</typeparam>
internal sealed class Turns<T>
    where T : notnull
{
    private readonly LinkedList<T> _order = [];
    private readonly Dictionary<T, LinkedListNode<T>> _nodes = [];

    /// <summary>The number of items.</summary>
    public int Count => _nodes.Count;

    /// <summary>Adds an item; one that is there keeps its place.</summary>
    public void Add(T item)
    {
        if (!_nodes.ContainsKey(item))
        {
            _nodes.Add(item, _order.AddLast(item));
        }
    }

    /// <summary>Removes an item, if it is there.</summary>
    public void Remove(T item)
    {
        if (_nodes.Remove(item, out var node))
        {
            _order.Remove(node);
        }
    }

    /// <summary>The next items, each once.</summary>
    /// <param name="count">The most items.</param>
    public IReadOnlyList<T> Serve(int count)
    {
        var served = new T[Math.Min(count, Count)];
        for (var i = 0; i < served.Length; i++)
        {
            var node = _order.First!;
            served[i] = node.Value;
            _order.RemoveFirst();
            _order.AddLast(node);
        }

        return served;
    }
}
