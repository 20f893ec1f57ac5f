using System.Buffers;
using System.Text;

namespace AgentStream.Grains.Chat;

/// <summary>Keeps the beginning of what is written, counts the rest, and puts an end to what has none.</summary>
/// <param name="maxBytes">The most bytes that are kept.</param>
internal sealed class BoundedStream(int maxBytes) : Stream
{
    // To continue counting costs time and tells the model nothing that it can use.
    private const long MostCounted = 64 * 1024 * 1024;

    private readonly MemoryStream _kept = new();
    private long _length;

    /// <summary>Whether there was more than is kept.</summary>
    public bool IsCut => _length > maxBytes;

    /// <summary>Whether the counting was given up.</summary>
    public bool IsFull { get; private set; }

    /// <summary>What is kept.</summary>
    public ReadOnlySpan<byte> Bytes => _kept.GetBuffer().AsSpan(0, (int)_kept.Length);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>What is kept, as text that ends with a whole character.</summary>
    /// <param name="length">How many bytes that is.</param>
    public string Text(out int length)
    {
        var bytes = Bytes;
        length = bytes.Length;
        while (length > 0 && length < _length && Rune.DecodeLastFromUtf8(bytes[..length], out _, out _) != OperationStatus.Done)
        {
            length--;
        }

        return Encoding.UTF8.GetString(bytes[..length]);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _kept.Write(buffer[..(int)Math.Min(buffer.Length, Math.Max(0, maxBytes - _length))]);
        _length += buffer.Length;
        if (_length > Math.Max(MostCounted, maxBytes))
        {
            IsFull = true;
            throw new FullException();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _kept.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>It is enough.</summary>
    public sealed class FullException : IOException;
}
