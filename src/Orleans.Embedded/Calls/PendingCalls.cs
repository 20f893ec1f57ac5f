namespace Orleans.Embedded.Calls;

/// <summary>
/// The calls of one caller that have no answer yet, oldest first. Their time-outs are all of one length, so whoever looks for those
/// that are due need only look at the beginning. A list of links, so that a call costs no memory here.
/// </summary>
internal sealed class PendingCalls
{
    private readonly Lock _lock = new();
    private GrainCall? _first;
    private GrainCall? _last;

    public void Add(GrainCall call)
    {
        lock (_lock)
        {
            call.PreviousPending = _last;
            if (_last is null)
            {
                _first = call;
            }
            else
            {
                _last.NextPending = call;
            }

            _last = call;
        }
    }

    /// <summary>Takes a call out; one that is not in does no harm.</summary>
    public void Remove(GrainCall call)
    {
        lock (_lock)
        {
            if (call.PreviousPending is null && _first != call)
            {
                return;
            }

            if (call.PreviousPending is null)
            {
                _first = call.NextPending;
            }
            else
            {
                call.PreviousPending.NextPending = call.NextPending;
            }

            if (call.NextPending is null)
            {
                _last = call.PreviousPending;
            }
            else
            {
                call.NextPending.PreviousPending = call.PreviousPending;
            }

            call.NextPending = call.PreviousPending = null;
        }
    }

    /// <summary>Takes out the oldest call if it is that old.</summary>
    public GrainCall? TakeFirst(long startedBefore)
    {
        lock (_lock)
        {
            if (_first is not { } call || call.Started > startedBefore)
            {
                return null;
            }

            Remove(call);
            return call;
        }
    }
}
