using AgentStream.EventLog;

namespace AgentStream.Grains.Runs;

/// <summary>
/// What a run has said and not written yet. Any number of threads add, each in its order; one takes, as much as there is at once. It does what a bounded channel does, and is entered once for a
/// batch where a channel is entered for each event, which cost a third of a run's time.
/// </summary>
/// <param name="limit">The most events that wait; who adds more waits too.</param>
internal sealed class EventQueue(int limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<NewEvent> _events = new();
    private TaskCompletionSource? _more;
    private TaskCompletionSource? _room;
    private bool _isClosed;
    private Exception? _failure;

    /// <summary>Adds an event; waits while there is no room.</summary>
    /// <returns>False when the queue was closed. Then nothing was added.</returns>
    /// <exception cref="Exception">The queue was closed with this.</exception>
    public ValueTask<bool> AddAsync(NewEvent item, CancellationToken cancellationToken) =>
        TryAdd(item, out var room) is { } isAdded ? new(isAdded) : AddWhenThereIsRoomAsync(item, room!, cancellationToken);

    /// <summary>Takes events, in order; waits until there are some.</summary>
    /// <param name="most">The most to take.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The events, in an array of their own; none when the queue is closed and empty.</returns>
    public async ValueTask<NewEvent[]> TakeAsync(int most, CancellationToken cancellationToken)
    {
        while (true)
        {
            NewEvent[] taken;
            Task? more = null;
            TaskCompletionSource? room = null;
            lock (_gate)
            {
                taken = new NewEvent[Math.Min(most, _events.Count)];
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
                    more = (_more ??= New()).Task;
                }
            }

            room?.SetResult();
            if (more is null)
            {
                return taken;
            }

            await more.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes no more. What waits can still be taken.</summary>
    /// <param name="failure">What who adds more is told, if it is not only too late.</param>
    public void Close(Exception? failure = null)
    {
        TaskCompletionSource? more, room;
        lock (_gate)
        {
            _failure ??= failure;
            _isClosed = true;
            (more, room, _more, _room) = (_more, _room, null, null);
        }

        more?.SetResult();
        room?.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the event was added; null when there is no room yet.</summary>
    private bool? TryAdd(NewEvent item, out Task? room)
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
                room = (_room ??= New()).Task;
                return null;
            }

            _events.Enqueue(item);
            (more, _more) = (_more, null);
        }

        more?.SetResult();
        return true;
    }

    private async ValueTask<bool> AddWhenThereIsRoomAsync(NewEvent item, Task room, CancellationToken cancellationToken)
    {
        while (true)
        {
            await room.WaitAsync(cancellationToken);
            if (TryAdd(item, out var next) is { } isAdded)
            {
                return isAdded;
            }

            room = next!;
        }
    }
}
