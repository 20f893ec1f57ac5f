using Orleans.Runtime;

namespace Orleans.Embedded.Activations;

/// <summary>
/// One grain in memory. Here: its requests, and which of them may run now; how it comes and goes is in Activation.Lifetime.cs.
/// There may be very many and most are idle, so it holds only what each needs; the rest is in Activation.Extras.cs.
/// </summary>
internal sealed partial class Activation : IGrainContext
{
    private static readonly Action<object?> DispatchTurn = static self => ((Activation)self!).Dispatch();

    [ThreadStatic]
    private static Activation? ThreadCurrent;

    private RequestList _waiting;
    private RequestList _running;

    /// <summary>The running request that others wait for; null while only interleaving ones run.</summary>
    private Request? _blocking;

    /// <summary>How many of the waiting requests might overtake others; while there is none, nobody looks behind the first.</summary>
    private int _overtakers;
    private bool _isDispatching;

    public Activation(Silo silo, GrainId id)
    {
        Silo = silo;
        Id = id;
        Turns = new TurnScheduler(this);
    }

    /// <summary>The activation whose turn runs on this thread, if any.</summary>
    public static Activation? Current
    {
        get => ThreadCurrent;
        set => ThreadCurrent = value;
    }

    public Silo Silo { get; }

    public GrainId Id { get; }

    public TurnScheduler Turns { get; }

    /// <summary>Guards the fields. The scheduler lends its identity, to save an object; its own lock is another.</summary>
    private object Gate => Turns;

    /// <summary>Hands a request over.</summary>
    /// <returns>False if the activation is gone, so that the request is for the grain's next activation.</returns>
    public bool TryEnqueue(Request request)
    {
        lock (Gate)
        {
            switch (_state)
            {
                case State.Gone:
                    return false;
                case State.New:
                    _state = State.Activating;
                    Turns.Run(ActivateTurn);
                    break;
                case State.Ready when MayRun(request):
                    DispatchSoon();
                    break;
            }

            _waiting.Add(request);
            if (MightOvertake(request))
            {
                _overtakers++;
            }
        }

        return true;
    }

    private static bool MightOvertake(Request request) => request.Interleaves || request.IsReadOnly;

    /// <summary>As in Orleans, a request that does not interleave blocks, until it is done, all that do not go with it.</summary>
    private bool MayRun(Request request) =>
        _blocking is null || request.Interleaves || Id.Class.IsReentrant || (_blocking.IsReadOnly && request.IsReadOnly);

    private void DispatchSoon()
    {
        if (!_isDispatching)
        {
            _isDispatching = true;
            Turns.Run(DispatchTurn);
        }
    }

    private void Dispatch()
    {
        while (TakeNext() is { } request)
        {
            var task = request.Run(this);
            if (task.IsCompleted)
            {
                Finish(request, task);
            }
            else
            {
                _ = FinishLater(request, task);
            }
        }
    }

    private Request? TakeNext()
    {
        lock (Gate)
        {
            for (var request = _state is State.Ready ? _waiting.First : null; request is not null; request = request.Next)
            {
                if (MayRun(request))
                {
                    _waiting.Remove(request);
                    _running.Add(request);
                    if (MightOvertake(request))
                    {
                        _overtakers--;
                    }

                    if (!request.Interleaves)
                    {
                        _blocking ??= request;
                    }

                    return request;
                }

                if (_overtakers == 0)
                {
                    break;
                }
            }

            _isDispatching = false;
            return null;
        }
    }

    private async Task FinishLater(Request request, Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Finish(request, task);
    }

    private void Finish(Request request, Task task)
    {
        request.Complete(task);
        lock (Gate)
        {
            if (_state is State.Gone)
            {
                return;
            }

            _running.Remove(request);
            if (_blocking == request)
            {
                _blocking = null;
            }

            if (request.IsUse)
            {
                _lastUse = Silo.Time.GetTimestamp();
            }

            if (_state is State.Leaving)
            {
                LeaveWhenDone();
            }
            else if (_waiting.Count > 0)
            {
                DispatchSoon();
            }
        }
    }
}
