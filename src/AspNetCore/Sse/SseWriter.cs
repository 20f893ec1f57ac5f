using System.Buffers;
using System.IO.Pipelines;

namespace AgentStream.AspNetCore.Sse;

/// <summary>
/// Writes a session's events as server-sent events: all that are ready in one flush, and a comment after each stretch of silence,
/// so that proxies keep the connection and a listener that is gone is noticed.
/// </summary>
/// <param name="output">The response's body.</param>
/// <param name="time">The clock that measures silence.</param>
/// <param name="rendering">How events become frames.</param>
internal sealed class SseWriter(PipeWriter output, TimeProvider time, IRendering rendering)
{
    /// <summary>The silence after which a comment is sent.</summary>
    internal static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>The most bytes that wait for a flush while more events are ready.</summary>
    private const int FlushThreshold = 32 * 1024;

    /// <summary>Writes events until there are no more.</summary>
    /// <param name="listen">Begins the listening, until its token is canceled.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <returns>A task that completes when the last event is written.</returns>
    public async Task WriteAsync(Func<CancellationToken, IAsyncEnumerable<StreamEvent>> listen, CancellationToken cancellationToken)
    {
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var silence = new Silence(time);
        var events = listen(listening.Token).GetAsyncEnumerator(listening.Token);
        var next = Task.FromResult(false);
        try
        {
            while (true)
            {
                var ready = events.MoveNextAsync();
                if (ready.IsCompleted)
                {
                    if (!await ready)
                    {
                        break;
                    }
                }
                else
                {
                    next = ready.AsTask();
                    silence.Begin();
                    await output.FlushAsync(cancellationToken);
                    while (await silence.IsOverBeforeAsync(next))
                    {
                        output.Write(": keep-alive\n\n"u8);
                        await output.FlushAsync(cancellationToken);
                    }

                    if (!await next)
                    {
                        break;
                    }
                }

                if (!rendering.Write(output, events.Current))
                {
                    return;
                }

                if (output.UnflushedBytes >= FlushThreshold)
                {
                    await output.FlushAsync(cancellationToken);
                }
            }

            rendering.Complete(output);
        }
        finally
        {
            // An enumerator must not be disposed while it is asked for its next event: when a flush has failed, that question is still open.
            await listening.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await events.DisposeAsync();
        }
    }

    // One timer a response, whatever the number of events: it starts anew with each wait.
    private sealed class Silence(TimeProvider time) : IDisposable
    {
        private readonly PeriodicTimer _timer = new(KeepAlive, time);
        private Task<bool>? _tick;

        public void Begin()
        {
            _timer.Period = KeepAlive;
            if (_tick is null or { IsCompleted: true })
            {
                _tick = _timer.WaitForNextTickAsync().AsTask();
            }
        }

        // The question for the next event stays open meanwhile: it is asked once and answered once, however often silence is over.
        public async Task<bool> IsOverBeforeAsync(Task next)
        {
            _tick ??= _timer.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(next, _tick) == next)
            {
                return false;
            }

            _tick = null;
            return true;
        }

        public void Dispose() => _timer.Dispose();
    }
}
