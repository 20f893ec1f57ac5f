using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Requests;

/// <summary>
/// A body on its way in. It has to come at a pace. Of the long ones, each user sends one at a time, and only a few come at a time in a process: what has come is held in memory until all of
/// it is there. The server's own rule (<c>MinRequestBodyDataRate</c>) would let 16 MB that stop before their end stay for hours.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="user">Who sends it.</param>
/// <param name="largeLength">A body is long when it has more bytes than these.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal sealed class Upload(HttpRequest request, UserKey user, int largeLength, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>The most long bodies that come at a time.</summary>
    internal const int MostLarge = 4;

    /// <summary>How long a body may take without regard to its length; and how long one waits for its turn.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>The longest time without a byte.</summary>
    internal static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(15);

    /// <summary>The bytes a second of what takes longer.</summary>
    internal const int LeastPace = 64 * 1024;

    private static readonly UserSlots Large = new(perUser: 1, MostLarge);

    private readonly TimeProvider _time = request.HttpContext.RequestServices?.GetService<TimeProvider>() ?? TimeProvider.System;
    private long _started;
    private long _length;
    private IDisposable? _slot;

    /// <summary>Waits for more of the body, and takes it out of the server's buffers.</summary>
    /// <param name="body">Gets what has come.</param>
    /// <returns>Whether that was the end.</returns>
    /// <exception cref="RefusedException">It does not come in time, or too many others come.</exception>
    public async ValueTask<bool> ReadAsync(IBufferWriter<byte> body)
    {
        if (_slot is null && Math.Max(_length, request.ContentLength ?? 0) > largeLength)
        {
            _slot = await Large.TakeAsync(user, Grace, _time, cancellationToken)
                ?? throw new RefusedException(StatusCodes.Status503ServiceUnavailable, "Too many long bodies come at the same time. Try again later.");
            _started = 0;
        }

        if (_started == 0)
        {
            _started = _time.GetTimestamp();
        }

        return await WaitAsync(body);
    }

    /// <inheritdoc/>
    public void Dispose() => _slot?.Dispose();

    private async ValueTask<bool> WaitAsync(IBufferWriter<byte> body)
    {
        var rest = Grace + TimeSpan.FromSeconds((double)_length / LeastPace) - _time.GetElapsedTime(_started);
        using var patience = new CancellationTokenSource(TimeSpan.FromTicks(Math.Clamp(rest.Ticks, 0, MostSilence.Ticks)), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var read = await request.BodyReader.ReadAsync(either.Token);
            _length += read.Buffer.Length;
            foreach (var part in read.Buffer)
            {
                body.Write(part.Span);
            }

            // At once: the server keeps the buffers that a body has filled, also when the body is gone.
            request.BodyReader.AdvanceTo(read.Buffer.End);
            return read.IsCompleted;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RefusedException(StatusCodes.Status408RequestTimeout, "The body came too slowly.");
        }
    }
}
