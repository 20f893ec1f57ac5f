using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>
/// What a run has said and not written yet. Any number of threads add, each in its order; one takes, as much as there is at once. It does what a bounded channel does, and is entered once for a
/// batch where a channel is entered for each event, which cost a third of a run's time. Nobody waits at an empty one: many runs have nothing to say, and only their memory counts.
/// </summary>
/// <param name="limit">The most events that wait; who adds more waits too.</param>
/// <param name="begin">Called when there is something to take and nobody takes, in the adder's own time. Who is called takes until there is nothing more.</param>
internal sealed class EntryQueue(int limit, Action begin)
{
    private readonly Lock _gate = new();
    private Queue<NewEntry>? _events;
    private List<TaskCompletionSource>? _room;
    private TaskCompletionSource? _empty;
    private bool _isTaken;
    private bool _isClosed;
    private Exception? _failure;

    /// <summary>Adds an event; waits while there is no room.</summary>
    /// <returns>False when the queue was closed. Then nothing was added.</returns>
    /// <exception cref="Exception">The queue was closed with this.</exception>
    public ValueTask<bool> AddAsync(NewEntry item, CancellationToken cancellationToken) =>
        TryAdd(item, out var room) is { } isAdded ? new(isAdded) : AddWhenThereIsRoomAsync(item, room!, cancellationToken);

    /// <summary>Takes events, in order.</summary>
    /// <param name="most">The most to take.</param>
    /// <returns>The events, in an array of their own; none when there are none. Then whoever adds the next begins anew.</returns>
    public NewEntry[] Take(int most)
    {
        NewEntry[] taken;
        List<TaskCompletionSource>? room;
        TaskCompletionSource? empty = null;
        lock (_gate)
        {
            taken = _events is null ? [] : new NewEntry[Math.Min(most, _events.Count)];
            for (var i = 0; i < taken.Length; i++)
            {
                taken[i] = _events!.Dequeue();
            }

            (room, _room) = (_room, null);
            if (taken.Length == 0)
            {
                (_isTaken, _events, empty) = (false, null, _empty);
            }
        }

        room?.ForEach(waiter => waiter.TrySetResult());
        empty?.TrySetResult();
        return taken;
    }

    /// <summary>Takes no more, and waits until what is there was taken.</summary>
    /// <exception cref="Exception">The taker failed with this.</exception>
    public Task CloseAsync()
    {
        List<TaskCompletionSource>? room;
        Task empty;
        lock (_gate)
        {
            _isClosed = true;
            (room, _room) = (_room, null);
            empty = _failure is not null ? Task.FromException(_failure) : _isTaken ? (_empty ??= new()).Task : Task.CompletedTask;
        }

        room?.ForEach(waiter => waiter.TrySetResult());
        return empty;
    }

    /// <summary>The taker failed: the queue takes no more, and what waits is dropped.</summary>
    /// <param name="failure">What who adds more is told, and who waits for it to be empty.</param>
    public void Fail(Exception failure)
    {
        List<TaskCompletionSource>? room;
        TaskCompletionSource? empty;
        lock (_gate)
        {
            (_failure, _isClosed, _isTaken) = (failure, true, false);
            (room, _room, empty) = (_room, null, _empty);
            _events = null;
        }

        room?.ForEach(waiter => waiter.TrySetResult());
        empty?.TrySetException(failure);
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
        bool isFirst;
        lock (_gate)
        {
            room = null;
            if (_isClosed)
            {
                return _failure is null ? false : throw _failure;
            }

            _events ??= new();
            if (_events.Count == limit)
            {
                (_room ??= []).Add(room = New());
                return null;
            }

            _events.Enqueue(item);
            (isFirst, _isTaken) = (!_isTaken, true);
        }

        if (isFirst)
        {
            begin();
        }

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
