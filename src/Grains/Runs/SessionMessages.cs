using System.Collections;
using AgentStream.Messages;

namespace AgentStream.Grains.Runs;

/// <summary>The messages of a session: those of its last import, as its record has them, and those that came after it.</summary>
internal sealed class SessionMessages : IReadOnlyList<ModelMessage>
{
    private List<ModelMessage>? _later;
    private IReadOnlyList<ModelMessage> _imported = [];

    /// <inheritdoc/>
    public int Count => _imported.Count + (_later?.Count ?? 0);

    /// <inheritdoc/>
    public ModelMessage this[int index] => index < _imported.Count ? _imported[index] : (_later ?? [])[index - _imported.Count];

    public void Add(ModelMessage message) => (_later ??= []).Add(message);

    public void Replace(IReadOnlyList<ModelMessage> imported)
    {
        Clear();
        _imported = imported;
    }

    public void Clear()
    {
        (_imported, _later) = ([], null);
    }

    /// <inheritdoc/>
    public IEnumerator<ModelMessage> GetEnumerator() => _imported.Concat(_later ?? []).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
