using AgentStream.Background;
using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>
/// The one writer of a run: takes events from any thread, in order, and appends whatever is pending with one round trip at a time. So an
/// event goes out at once when the log is idle, and in large batches under load. A full queue holds the callers back, and with
/// them the model's stream; so does a log that is away, whose appends are repeated until they are answered.
/// </summary>
internal sealed class RunWriter
{
    // Deep enough to ride out a log's hiccup of a second at a fast model's rate, small enough for many thousand runs in a process.
    private const int QueueLength = 1024;

    // A script works through about this many entries in a millisecond; Redis serves nobody else meanwhile.
    private const int BatchLength = 256;

    private static readonly Patience Patience = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    private readonly EntryQueue _queue;
    private readonly RunEnvironment _environment;
    private readonly RunHandle _run;
    private long _number;
    private long _written;

    // Written by the one that drains, and read when it is done.
    private Cursor? _last;

    /// <summary>Makes the writer of a run that owns its session.</summary>
    /// <param name="environment">The log, the clock of the pauses between retries, and who hears of a log that is away.</param>
    /// <param name="run">The run. It is told when the log says that it is not live any more, or refuses an append for good; and it says when the log is given up on.</param>
    /// <param name="number">The number of its last append; 0 for a new run.</param>
    /// <param name="last">The cursor of its last entry; null when that is not known.</param>
    public RunWriter(RunEnvironment environment, RunHandle run, long number, Cursor? last)
    {
        (_environment, _run, _number, _last) = (environment, run, number, last);
        _queue = new EntryQueue(QueueLength, Drain);
    }

    /// <summary>The cursor of the last entry, when what was queued is written (<see cref="FlushAsync"/>); null when that is not known.</summary>
    public Cursor? Last => _last;

    /// <summary>How many events it has appended, but for the last ones of <see cref="FinishAsync"/>.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Queues an event; waits while the queue is full.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    public ValueTask WriteAsync(NewEntry item, CancellationToken cancellationToken)
    {
        var added = _queue.AddAsync(item, cancellationToken);
        return added is { IsCompletedSuccessfully: true, Result: true } ? ValueTask.CompletedTask : WriteSlowlyAsync(added);
    }

    /// <summary>Writes what is queued, and takes no more.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session.</exception>
    public Task FlushAsync() => _queue.CloseAsync();

    /// <summary>Writes what is queued, the last events and <c>end</c>.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session; nothing was written.</exception>
    public async Task FinishAsync(IReadOnlyList<NewEntry> last, TimeSpan gracePeriod)
    {
        try
        {
            await FlushAsync();
        }
        catch (StorageRefusedException)
        {
            // The run ends with this, which it has been told. What the log refused to take is not there; that the session is free again should be.
        }

        var number = ++_number;
        var result = await RepeatAsync(() => _environment.Store.FinishAsync(_run.Token, number, last, gracePeriod, _run.GivenUp));
        if (result.Status == RunStatus.Lost)
        {
            throw Lost();
        }
    }

    private async ValueTask WriteSlowlyAsync(ValueTask<bool> added)
    {
        if (!await added)
        {
            throw new InvalidOperationException($"Run {_run.Token.RunId} of session {_run.Key} has ended; it takes no more events.");
        }
    }

    // Where runs work, an idle run's event is on its way without a thread having to wake up first. A grain's turn does not write.
    private void Drain() => _ = SynchronizationContext.Current is null && TaskScheduler.Current == _environment.Scheduler ? DrainAsync() : _environment.Beside(DrainAsync);

    private async Task DrainAsync()
    {
        try
        {
            while (_queue.Take(BatchLength) is { Length: > 0 } batch)
            {
                var events = _environment.Options.CoalesceDeltas ? Deltas.Coalesce(batch) : batch;
                var number = ++_number;
                var result = await RepeatAsync(() => _environment.Store.AppendAsync(_run.Token, number, events, _run.GivenUp));
                _last = result.Last == Cursor.Start ? _last : result.Last;
                _environment.Metrics.Appended(events.Count);
                Interlocked.Add(ref _written, events.Count);
                if (result.Status != RunStatus.Live)
                {
                    _run.Stop(result.Status);
                }

                if (result.Status == RunStatus.Lost)
                {
                    throw Lost();
                }
            }
        }
        catch (Exception e)
        {
            // Before anybody who waits hears of it.
            if (e is StorageRefusedException refused)
            {
                _run.Refuse(refused);
            }

            _queue.Fail(e);
        }
    }

    /// <summary>Repeats an append while the log is away. The append's number makes that safe: it takes place once.</summary>
    private Task<AppendResult> RepeatAsync(Func<Task<AppendResult>> append) => Patience.AskAsync(_environment.Metrics.Timed(append, _environment.Time), _environment.Time, _run.GivenUp, (e, failures) =>
    {
        if (failures == 1)
        {
            _environment.Metrics.StoreFailed();
            _environment.Logger.RunWaitsForStore(e, _run.Token.RunId, _run.Key);
        }
    });

    private OwnershipLostException Lost() => new($"Run {_run.Token.RunId} of session {_run.Key} lost its session to another owner.");
}
