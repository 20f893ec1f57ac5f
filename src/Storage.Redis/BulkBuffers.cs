using System.Buffers;

namespace AgentStream.Storage.Redis;

/// <summary>
/// The buffers of the connection for large values. From the shared pool, the client takes buffers that double in length without end, and the pool keeps one of each length for each thread that returned
/// one: several times the longest value. Here, a long value is in many buffers, which are used again.
/// </summary>
internal sealed class BulkBuffers : MemoryPool<byte>
{
    private const int FirstLength = 64 * 1024;
    private const int LongestPage = 1 << 20;

    // The client asks for a long answer in one piece. Such a buffer is not kept: it would stay in memory beside all that is made of it, and be up to twice as long as the answer.
    private readonly ArrayPool<byte> _arrays = ArrayPool<byte>.Create(LongestPage, maxArraysPerBucket: 16);

    /// <summary>Gets the longest buffer that the client asks for while a value comes or goes.</summary>
    public override int MaxBufferSize => LongestPage;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Buffer(_arrays, minBufferSize < 0 ? FirstLength : minBufferSize);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The arrays are the garbage collector's.
    }

    private sealed class Buffer(ArrayPool<byte> arrays, int length) : IMemoryOwner<byte>
    {
        private byte[]? _array = arrays.Rent(length);

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Buffer));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } array)
            {
                arrays.Return(array);
            }
        }
    }
}
