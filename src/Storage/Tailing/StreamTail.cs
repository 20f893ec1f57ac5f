using System.Runtime.ExceptionServices;

namespace AgentStream.Storage.Tailing;

/// <summary>
/// The one reader of a followed stream: it watches, reads what is new into a window that all listeners share, and wakes them.
/// It begins where the first listener that has caught up stands, and retires at <c>end</c>, or when the log says that nothing more comes.
/// </summary>
internal sealed class StreamTail : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly EntryWindow _window = new(TailRules.WindowEvents, TailRules.WindowBytes);
    private readonly TaskCompletionSource _placed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly NoticedEntries _noticed = new();
    private readonly IStreamReader _streams;
    private readonly TimeProvider _time;
    private readonly OutageLog _outage;
    private HashSet<Signal> _waiting = [];
    private HashSet<Signal> _woken = [];
    private Exception? _fault;
    private Task _running = Task.CompletedTask;

    public StreamTail(SessionKey key, IStreamReader streams, TimeProvider time, OutageLog outage)
    {
        Key = key;
        _streams = streams;
        _time = time;
        _outage = outage;
    }

    public SessionKey Key { get; }

    /// <summary>How many listeners hold it; the hub's, under the hub's lock.</summary>
    public int Listeners { get; set; }

    /// <summary>It reads no more: a listener that needs more needs another tail.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Starts reading.</summary>
    /// <param name="retired">Called when it reads no more, before listeners learn so.</param>
    public void Run(Action<StreamTail> retired) => _running = Task.Run(() => RunAsync(retired));

    /// <summary>Stops reading, and completes when nothing of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Says where the reading is to begin: behind the last event of the stream that a listener has seen. The first to say so decides.</summary>
    public void Place(Cursor cursor)
    {
        lock (_gate)
        {
            if (_placed.Task.IsCompleted)
            {
                return;
            }

            _window.StartBehind(cursor);
            _placed.SetResult();
        }
    }

    /// <summary>Takes events behind a listener's cursor out of the window.</summary>
    /// <param name="cursor">The listener's cursor.</param>
    /// <param name="batch">Takes the events.</param>
    /// <param name="changed">The listener's own; set once when there is more, if the listener is to wait for it.</param>
    /// <returns>What the listener can do when it got none.</returns>
    /// <exception cref="Exception">The tail failed, for another reason than that the log was unavailable.</exception>
    public FeedLook Look(Cursor cursor, List<StreamEntry> batch, Signal changed)
    {
        lock (_gate)
        {
            var isInside = _placed.Task.IsCompleted && cursor >= _window.Floor;
            if (isInside)
            {
                _window.CopyTo(cursor, batch, TailRules.ListenerBatch);
            }

            if (batch.Count == 0 && _fault is not null)
            {
                ExceptionDispatchInfo.Throw(_fault);
            }

            var waits = batch.Count == 0 && isInside && !IsRetired;
            if (waits)
            {
                _waiting.Add(changed);
            }

            return new(waits, _window.Floor);
        }
    }

    /// <summary>A listener leaves, perhaps while it waits.</summary>
    public void Forget(Signal changed)
    {
        lock (_gate)
        {
            _waiting.Remove(changed);
        }
    }

    private async Task RunAsync(Action<StreamTail> retired)
    {
        using var wake = new Wake(_time);
        IAsyncDisposable? watch = null;
        try
        {
            for (var wait = TailRules.Patience.First; ;)
            {
                var slice = await TailRules.Patience.AskAsync(ReadAsync, _time, _stop.Token, (exception, _) => _outage.Failed(exception));
                _outage.Worked();
                if (Publish(slice))
                {
                    return;
                }

                wait = slice.Events.Count > 0 ? TailRules.Patience.First : TailRules.Patience.Longer(wait);
                if (slice.Events.Count < TailRules.FeedBatch && await FollowAsync(wake, slice.IsForeign ? wait : TailRules.SafetyPoll))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            _fault = exception;
        }
        finally
        {
            retired(this);
            Retire();
            if (watch is not null)
            {
                await watch.DisposeAsync();
            }
        }

        async Task<StreamSlice> ReadAsync()
        {
            // Watch first, then read: what comes in between is noticed, what came before is read.
            watch ??= await _streams.WatchAsync(Key, notice => Hear(notice, wake), _stop.Token);
            await _placed.Task.WaitAsync(_stop.Token);
            return await _streams.ReadAsync(Key, _window.Tail, TailRules.FeedBatch, _stop.Token);
        }
    }

    private void Hear(StreamNotice notice, Wake wake)
    {
        _noticed.Add(notice);
        wake.Set();
    }

    /// <summary>Takes what comes with the notices, as long as that is without a gap.</summary>
    /// <returns>Whether that was the last of the run; otherwise the log has to be asked.</returns>
    private async Task<bool> FollowAsync(Wake wake, TimeSpan atMost)
    {
        while (true)
        {
            await wake.WaitAsync(atMost, _stop.Token);
            var events = _noticed.TakeBehind(_window.Tail, out var isAll);
            if (events.Count > 0 && Publish(events))
            {
                return true;
            }

            if (!isAll || events.Count == 0)
            {
                return false;
            }
        }
    }

    /// <summary>Adds what was read to the window, and wakes the listeners.</summary>
    /// <returns>Whether that was the last of the run.</returns>
    private bool Publish(StreamSlice slice) => slice.Events.Count == 0 ? !slice.IsOpen : Publish(slice.Events);

    private bool Publish(IReadOnlyList<StreamEntry> events)
    {
        lock (_gate)
        {
            foreach (var entry in events)
            {
                _window.Add(entry);
            }

            (_waiting, _woken) = (_woken, _waiting);
        }

        WakeListeners();
        return events[^1].IsEnd;
    }

    private void Retire()
    {
        lock (_gate)
        {
            IsRetired = true;
            (_waiting, _woken) = (_woken, _waiting);
        }

        WakeListeners();
    }

    // Outside the lock, which those who are woken need.
    private void WakeListeners()
    {
        foreach (var listener in _woken)
        {
            listener.Set();
        }

        _woken.Clear();
    }
}

/// <summary>What a listener that got no events can do.</summary>
/// <param name="Waits">Wait for its signal, then look again; false: the window does not help, read the log.</param>
/// <param name="Floor">Where the window begins: the tail has seen all events up to here.</param>
internal readonly record struct FeedLook(bool Waits, Cursor Floor);
