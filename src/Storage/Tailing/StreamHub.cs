using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace AgentStream.Storage.Tailing;

/// <summary>
/// Follows sessions for any number of listeners. Each followed stream has one reader and one watch in this process; a listener is no more than a cursor.
/// </summary>
/// <remarks>
/// A listener that keeps up is served from a window of recent events that all listeners of the stream share. One that does not reads the streams
/// from its own cursor until it has caught up: it loses nothing, holds nobody back, and takes no memory.
/// </remarks>
/// <param name="streams">The streams.</param>
/// <param name="time">The clock of polls and of waits for an unavailable streams.</param>
/// <param name="logger">Takes a line when the streams goes away, and one when it is back.</param>
public sealed partial class StreamHub(IStreamReader streams, TimeProvider time, ILogger<StreamHub> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, StreamTail> _tails = [];
    private readonly OutageLog _outage = new(logger, "listeners wait");
    private int _activeFeeds;
    private int _activeListeners;

    /// <summary>How many streams are read: one for each that has listeners, whatever their number.</summary>
    public int ActiveFeeds => Volatile.Read(ref _activeFeeds);

    /// <summary>How many listeners there are.</summary>
    public int ActiveListeners => Volatile.Read(ref _activeListeners);

    /// <summary>
    /// Follows a session: every later event of its current run, each once and in order, from <c>begin</c> to <c>end</c>. Completes behind <c>end</c>,
    /// or when no run is under way and nothing is left to read. While the streams is unavailable, it waits.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="after">The cursor of the last event that is known already; null for all. An event of an earlier run will do: the current run follows from its <c>begin</c>.</param>
    /// <param name="cancellationToken">Stops the listening; the run continues.</param>
    /// <returns>The events. A <c>begin</c> supersedes all before it.</returns>
    /// <exception cref="OperationCanceledException">The listening was stopped by the token.</exception>
    public async IAsyncEnumerable<StreamEntry> ListenAsync(
        SessionKey key, Cursor? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var cursor = after ?? Cursor.Start;
        var batch = new List<StreamEntry>();
        var changed = new Signal();
        using var stopped = cancellationToken.UnsafeRegister(static changed => ((Signal)changed!).Set(), changed);
        var tail = Attach(key);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var look = tail.Look(cursor, batch, changed);
                if (look.Waits)
                {
                    await changed.WaitAsync();
                    continue;
                }

                if (batch.Count == 0)
                {
                    var slice = await ReadAsync(key, cursor, cancellationToken);
                    if (slice.Events.Count == 0)
                    {
                        // Only an answer that was asked for just now says that nothing more comes; a tail's may be older than a new run.
                        if (!slice.IsOpen)
                        {
                            yield break;
                        }

                        if (tail.IsRetired)
                        {
                            await DetachAsync(tail);
                            tail = Attach(key);
                        }
                        else if (look.Floor > cursor)
                        {
                            // The tail had passed these events before we asked, and the streams has them no more.
                            cursor = look.Floor;
                        }
                    }

                    batch.AddRange(slice.Events);
                    if (slice.Events.Count < TailRules.ListenerBatch)
                    {
                        tail.Place(batch.Count == 0 ? cursor : batch[^1].Cursor);
                    }
                }

                foreach (var entry in batch)
                {
                    cursor = entry.Cursor;
                    yield return entry;
                    if (entry.IsEnd)
                    {
                        yield break;
                    }
                }

                batch.Clear();
            }
        }
        finally
        {
            tail.Forget(changed);
            await DetachAsync(tail);
        }
    }

    private async Task<StreamSlice> ReadAsync(SessionKey key, Cursor cursor, CancellationToken cancellationToken)
    {
        var slice = await TailRules.Patience.AskAsync(
            () => streams.ReadAsync(key, cursor, TailRules.ListenerBatch, cancellationToken),
            time,
            cancellationToken,
            (exception, _) => _outage.Failed(exception));
        _outage.Worked();
        return slice;
    }

    private StreamTail Attach(SessionKey key)
    {
        Interlocked.Increment(ref _activeListeners);
        StreamTail? tail;
        lock (_gate)
        {
            if (_tails.TryGetValue(key, out tail))
            {
                tail.Listeners++;
                return tail;
            }

            tail = new StreamTail(key, streams, time, _outage) { Listeners = 1 };
            _tails.Add(key, tail);
        }

        Interlocked.Increment(ref _activeFeeds);
        tail.Run(Remove);
        return tail;
    }

    private async Task DetachAsync(StreamTail tail)
    {
        Interlocked.Decrement(ref _activeListeners);
        lock (_gate)
        {
            if (--tail.Listeners > 0)
            {
                return;
            }

            Remove(tail);
        }

        await tail.DisposeAsync();
        Interlocked.Decrement(ref _activeFeeds);
    }

    /// <summary>A tail that reads no more takes no new listeners.</summary>
    private void Remove(StreamTail tail)
    {
        lock (_gate)
        {
            if (_tails.TryGetValue(tail.Key, out var current) && current == tail)
            {
                _tails.Remove(tail.Key);
            }
        }
    }
}
