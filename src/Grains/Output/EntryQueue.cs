using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>
/// What a run has said and not written yet. Any number of threads add, each in its order; one takes, as much as there is at once. It does what a bounded channel does, and is entered once for a
/// batch where a channel is entered for each event, which cost a third of a run's time.
/// </summary>
/// <param name="limit">The most events that wait; who adds more waits too.</param>
internal sealed class EntryQueue(int limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<NewEntry> _events = new();
    private TaskCompletionSource? _more;
    private List<TaskCompletionSource>? _room;
    private bool _isClosed;
    private Exception? _failure;

    /// <summary>Adds an event; waits while there is no room.</summary>
    /// <returns>False when the queue was closed. Then nothing was added.</returns>
    /// <exception cref="Exception">The queue was closed with this.</exception>
    public ValueTask<bool> AddAsync(NewEntry item, CancellationToken cancellationToken) =>
        TryAdd(item, out var room) is { } isAdded ? new(isAdded) : AddWhenThereIsRoomAsync(item, room!, cancellationToken);

    /// <summary>Takes events, in order; waits until there are some.</summary>
    /// <param name="most">The most to take.</param>
    /// <returns>The events, in an array of their own; none when the queue is closed and empty.</returns>
    public async ValueTask<NewEntry[]> TakeAsync(int most)
    {
        while (true)
        {
            NewEntry[] taken;
            TaskCompletionSource? more = null;
            List<TaskCompletionSource>? room = null;
            lock (_gate)
            {
                taken = new NewEntry[Math.Min(most, _events.Count)];
                for (var i = 0; i < taken.Length; i++)
                {
                    taken[i] = _events.Dequeue();
                }

                if (taken.Length > 0)
                {
                    (room, _room) = (_room, null);
                }
                else if (!_isClosed)
                {
                    // The taker continues in the adder's own time: an idle run's event is on its way without a thread having to wake up first.
                    more = _more = new();
                }
            }

            room?.ForEach(waiter => waiter.TrySetResult());
            if (more is null)
            {
                return taken;
            }

            await more.Task;
        }
    }

    /// <summary>Takes no more. What waits can still be taken.</summary>
    /// <param name="failure">What who adds more is told, if it is not only too late.</param>
    public void Close(Exception? failure = null)
    {
        TaskCompletionSource? more;
        List<TaskCompletionSource>? room;
        lock (_gate)
        {
            _failure ??= failure;
            _isClosed = true;
            (more, room, _more, _room) = (_more, _room, null, null);
        }

        more?.TrySetResult();
        room?.ForEach(waiter => waiter.TrySetResult());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Not Task.WaitAsync: it would continue by way of the thread pool, whatever the waiter's own scheduler is.
    private static async Task WaitAsync(TaskCompletionSource signal, CancellationToken cancellationToken)
    {
        await using var giveUp = cancellationToken.UnsafeRegister(static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), signal);
        await signal.Task;
    }

    /// <summary>Whether the event was added; null when there is no room yet.</summary>
    private bool? TryAdd(NewEntry item, out TaskCompletionSource? room)
    {
        TaskCompletionSource? more;
        lock (_gate)
        {
            room = null;
            if (_isClosed)
            {
                return _failure is null ? false : throw _failure;
            }

            if (_events.Count == limit)
            {
                (_room ??= []).Add(room = New());
                return null;
            }

            _events.Enqueue(item);
            (more, _more) = (_more, null);
        }

        more?.TrySetResult();
        return true;
    }

    private async ValueTask<bool> AddWhenThereIsRoomAsync(NewEntry item, TaskCompletionSource room, CancellationToken cancellationToken)
    {
        while (true)
        {
            await WaitAsync(room, cancellationToken);
            if (TryAdd(item, out var next) is { } isAdded)
            {
                return isAdded;
            }

            room = next!;
        }
    }
}
