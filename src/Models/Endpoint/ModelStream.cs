using System.ClientModel.Primitives;

namespace AgentStream.Models.Endpoint;

/// <summary>An answer that streams.</summary>
/// <param name="response">The response, to be disposed with this.</param>
/// <param name="body">What is left to read of it.</param>
internal sealed class ModelStream(PipelineResponse response, Stream body) : IDisposable
{
    public Stream Body => body;

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}

/// <summary>A stream whose beginning was read already, to see what it is.</summary>
/// <param name="head">The beginning.</param>
/// <param name="rest">The rest.</param>
internal sealed class PeekedStream(ReadOnlyMemory<byte> head, Stream rest) : ReadingStream(rest)
{
    private ReadOnlyMemory<byte> _head = head;

    /// <summary>Reads until there is something to see.</summary>
    /// <returns>The stream from its beginning, and that beginning without white space.</returns>
    public static async Task<(PeekedStream Stream, ReadOnlyMemory<byte> Head)> PeekAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (buffer, length) = (new byte[512], 0);
        ReadOnlyMemory<byte> seen = default;
        while (length < buffer.Length && seen.Length < "retry:".Length)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                break;
            }

            length += count;
            var all = buffer.AsMemory(0, length);
            seen = all.Span.StartsWith("\uFEFF"u8) ? all[3..] : all;
            seen = seen.TrimStart(" \t\r\n"u8);
        }

        return (new PeekedStream(buffer.AsMemory(0, length), stream), seen);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_head.IsEmpty)
        {
            return await Inner.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(buffer.Length, _head.Length);
        _head[..count].CopyTo(buffer);
        _head = _head[count..];
        return count;
    }
}
