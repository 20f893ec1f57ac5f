using System.Globalization;
using ModelContextProtocol;

namespace AgentStream.Mcp;

/// <summary>Where a message ends in what a server sends.</summary>
internal enum McpFraming
{
    /// <summary>At the end of a line.</summary>
    Line,

    /// <summary>At an empty line: server-sent events.</summary>
    Event,

    /// <summary>At the end of all.</summary>
    Body,
}

/// <summary>What a server sends, message by message, as long as none is too long: the package reads each whole into memory.</summary>
/// <param name="inner">What it sends.</param>
/// <param name="framing">Where a message ends.</param>
/// <param name="maxBytes">The most bytes of a message.</param>
internal sealed class McpMessageStream(Stream inner, McpFraming framing, int maxBytes) : ReadingStream(inner)
{
    private long _length;
    private bool _isLineEmpty = true;
    private bool _mayBeLineFeed;

    /// <inheritdoc/>
    /// <exception cref="McpMessageException">A message is too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await Inner.ReadAsync(buffer, cancellationToken);
        Count(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    /// <exception cref="McpMessageException">A message is too long.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = Inner.Read(buffer);
        Count(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private void Count(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = framing == McpFraming.Body ? -1 : bytes.IndexOfAny((byte)'\n', (byte)'\r');
            _length += end < 0 ? bytes.Length : end + 1;
            if (_length > maxBytes)
            {
                throw new McpMessageException(maxBytes);
            }

            if (end < 0)
            {
                _isLineEmpty = false;
                return;
            }

            EndLine(bytes[end], isEmpty: end == 0 && _isLineEmpty);
            bytes = bytes[(end + 1)..];
        }
    }

    // A line ends with CR, LF or both; the two may come apart.
    private void EndLine(byte end, bool isEmpty)
    {
        var isSecond = end == (byte)'\n' && _mayBeLineFeed && isEmpty;
        _mayBeLineFeed = end == (byte)'\r';
        if (framing == McpFraming.Line || (isEmpty && !isSecond))
        {
            _length = 0;
        }
        else if (isSecond)
        {
            _length--;
        }

        _isLineEmpty = true;
    }
}

/// <summary>A server sent a message that is too long.</summary>
/// <param name="maxBytes">The most bytes that it may have.</param>
internal sealed class McpMessageException(int maxBytes) : McpException(
    string.Create(CultureInfo.InvariantCulture, $"it sent a message of more than {maxBytes} bytes ({nameof(McpConnectionOptions.MaxMessageBytes)})"));
