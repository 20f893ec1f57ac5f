using System.IO.Pipelines;

namespace AgentStream.AspNetCore.Sse;

/// <summary>
/// Writes a session's events as server-sent events: all that are ready in one flush, and a comment after each stretch of silence,
/// so that proxies keep the connection and a listener that is gone is noticed.
/// </summary>
/// <param name="output">The response's body.</param>
/// <param name="time">The clock that measures silence.</param>
/// <param name="rendering">How events become frames.</param>
/// <param name="lag">Measures how far the listener is behind; null for nothing.</param>
internal sealed class SseWriter(PipeWriter output, TimeProvider time, IFrameRenderer rendering, ReaderLag? lag = null)
{
    /// <summary>The silence after which a comment is sent.</summary>
    internal static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>How long a listener may take until it has read something, and how many bytes a second it has to read: then it is taken for gone.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int LeastPace = 16 * 1024;

    /// <summary>The most bytes that wait for a flush while more events are ready.</summary>
    private const int FlushThreshold = 32 * 1024;

    /// <summary>Writes events until there are no more.</summary>
    /// <param name="listen">Begins the listening, until its token is canceled.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <returns>A task that completes when the last event is written.</returns>
    /// <exception cref="ListenerStalledException">The listener does not read.</exception>
    public async Task WriteAsync(Func<CancellationToken, IAsyncEnumerable<StreamEntry>> listen, CancellationToken cancellationToken)
    {
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var next = new NextEvent(time, KeepAlive);
        var events = listen(listening.Token).GetAsyncEnumerator(listening.Token);
        try
        {
            while (true)
            {
                var ready = events.MoveNextAsync();
                bool isMore;
                if (ready.IsCompleted)
                {
                    isMore = await ready;
                }
                else
                {
                    next.Begin(ready);
                    await FlushAsync(cancellationToken);
                    while (!await next.WaitAsync())
                    {
                        rendering.WriteSilence(output);
                        await FlushAsync(cancellationToken);
                    }

                    isMore = next.Take();
                }

                if (!isMore)
                {
                    break;
                }

                if (!rendering.Write(output, events.Current))
                {
                    return;
                }

                lag?.Wrote(events.Current.Cursor);
                if (output.UnflushedBytes >= FlushThreshold)
                {
                    await FlushAsync(cancellationToken);
                }
            }

            rendering.Complete(output);
            if (lag is not null)
            {
                // The server would do it in a moment. It would not say when.
                await FlushAsync(cancellationToken);
            }
        }
        finally
        {
            // An enumerator must not be disposed while it is asked for its next event: when a flush has failed, that question is still open.
            await listening.CancelAsync();
            while (next.IsPending)
            {
                await next.WaitAsync();
            }

            await events.DisposeAsync();
        }
    }

    private ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var length = output.UnflushedBytes;
        var flush = output.FlushAsync(cancellationToken);
        if (!flush.IsCompletedSuccessfully)
        {
            // The listener has not read what came before.
            return new(WaitAsync(flush, length, cancellationToken));
        }

        flush.GetAwaiter().GetResult();
        lag?.Flushed();
        return default;
    }

    private async Task WaitAsync(ValueTask<FlushResult> flush, long length, CancellationToken cancellationToken)
    {
        try
        {
            await flush.AsTask().WaitAsync(Patience + TimeSpan.FromSeconds((double)length / LeastPace), time, cancellationToken);
            lag?.Flushed();
        }
        catch (TimeoutException e)
        {
            throw new ListenerStalledException(e);
        }
    }
}

/// <summary>A listener does not read. It keeps what it was sent in memory.</summary>
internal sealed class ListenerStalledException(Exception inner) : Exception("The listener does not read what it is sent.", inner);
