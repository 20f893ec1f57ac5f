using System.Collections;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>Messages that stay JSON until somebody asks for one. Parsed they take several times that, and an import that replaces them does not look at them.</summary>
/// <param name="json">A JSON array.</param>
/// <param name="read">Reads it.</param>
internal sealed class StoredMessages(byte[] json, Func<byte[], ModelMessage[]> read) : IReadOnlyList<ModelMessage>
{
    private byte[]? _json = json;
    private ModelMessage[]? _messages;

    /// <inheritdoc/>
    public int Count => Messages.Length;

    /// <inheritdoc/>
    public ModelMessage this[int index] => Messages[index];

    private ModelMessage[] Messages
    {
        get
        {
            if (_json is { } stored)
            {
                (_messages, _json) = (read(stored), null);
            }

            return _messages!;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<ModelMessage> GetEnumerator() => Messages.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
