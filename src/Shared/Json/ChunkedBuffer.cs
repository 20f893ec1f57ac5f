using System.Buffers;

namespace AgentStream.Messages;

/// <summary>Takes text of any length in chunks. One array would be copied each time it grows, and half of the last would be empty: with a long history, that is a lot of memory.</summary>
internal sealed class ChunkedBuffer : IBufferWriter<byte>
{
    private const int FirstChunk = 256;

    // What is longer is a large object for the garbage collector.
    private const int LongestChunk = 64 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _full = [];
    private byte[] _chunk = new byte[FirstChunk];
    private int _used;
    private int _length;

    public void Advance(int count) => (_used, _length) = (_used + count, checked(_length + count));

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_chunk.Length - _used < Math.Max(sizeHint, 1))
        {
            _full.Add(_chunk.AsMemory(0, _used));
            (_chunk, _used) = (new byte[Math.Max(sizeHint, Math.Min(_chunk.Length * 2, LongestChunk))], 0);
        }

        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>All that was written.</summary>
    public byte[] ToArray()
    {
        var (all, at) = (new byte[_length], 0);
        foreach (var chunk in _full.Append(_chunk.AsMemory(0, _used)))
        {
            chunk.CopyTo(all.AsMemory(at));
            at += chunk.Length;
        }

        return all;
    }
}
