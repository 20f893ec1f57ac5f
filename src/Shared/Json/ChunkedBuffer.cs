using System.Buffers;

namespace AgentStream.Messages;

/// <summary>
/// Takes text of any length in chunks, which are borrowed. One array would be copied each time it grows, and half of the last would be empty: with a long history, that is a lot of memory.
/// </summary>
internal sealed class ChunkedBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstChunk = 256;
    private const int LongestChunk = 1 << 20;

    private readonly List<(byte[] Chunk, int Used)> _full = [];
    private byte[] _chunk = ArrayPool<byte>.Shared.Rent(FirstChunk);
    private int _used;
    private int _length;

    public int Length => _length;

    public void Advance(int count) => (_used, _length) = (_used + count, checked(_length + count));

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_chunk.Length - _used < Math.Max(sizeHint, 1))
        {
            _full.Add((_chunk, _used));
            (_chunk, _used) = (ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, Math.Min(_chunk.Length * 2, LongestChunk))), 0);
        }

        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>All that was written.</summary>
    public byte[] ToArray()
    {
        var (all, at) = (new byte[_length], 0);
        foreach (var (chunk, used) in _full.Append((_chunk, _used)))
        {
            chunk.AsSpan(0, used).CopyTo(all.AsSpan(at));
            at += used;
        }

        return all;
    }

    /// <summary>All that was written, where it is: until this is disposed.</summary>
    public ReadOnlySequence<byte> ToSequence()
    {
        Segment? first = null, last = null;
        foreach (var (chunk, used) in _full.Append((_chunk, _used)))
        {
            last = new Segment(chunk.AsMemory(0, used), last);
            first ??= last;
        }

        return new(first!, 0, last!, last!.Memory.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (chunk, _) in _full.Append((_chunk, _used)))
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        _full.Clear();
        _chunk = [];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
