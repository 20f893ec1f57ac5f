using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans.Embedded.Calls;

/// <summary>A silo or a client in its role as the sender of calls: it sees that each is answered, in the end by a failure.</summary>
internal sealed class Caller(LocalCluster cluster, TimeProvider time, TimeSpan responseTimeout)
{
    private readonly PendingCalls _pending = new();
    private volatile bool _isOpen;
    private ITimer? _timer;

    public TimeProvider Time { get; } = time;

    public TimeSpan ResponseTimeout { get; } = responseTimeout;

    /// <summary>Whether its host runs: a closed caller sends nothing.</summary>
    public bool IsOpen => _isOpen;

    public void Open()
    {
        _isOpen = true;
        if (ResponseTimeout != Timeout.InfiniteTimeSpan)
        {
            var period = TimeSpan.FromMilliseconds(Math.Clamp(ResponseTimeout.TotalMilliseconds / 10, 1, 1000));
            _timer = Time.CreateTimer(static caller => ((Caller)caller!).TimeOut(), this, period, period);
        }
    }

    /// <summary>Calls that have no answer yet will get none.</summary>
    public void Close()
    {
        _isOpen = false;
        _timer?.Dispose();
        while (_pending.TakeFirst(startedBefore: long.MaxValue) is { } call)
        {
            call.Fail(ClosedException(call));
        }
    }

    /// <summary>Sends a call that is answered within the response time-out.</summary>
    public void Send(GrainCall call)
    {
        call.Started = Time.GetTimestamp();
        _pending.Add(call);
        Post(call, call.Target);
    }

    /// <summary>Sends a request that takes as long as it takes.</summary>
    public void Post(Request request, GrainId target)
    {
        if (!_isOpen)
        {
            request.Fail(ClosedException(request));
            return;
        }

        try
        {
            cluster.Deliver(request, target);
        }
        catch (SiloUnavailableException exception)
        {
            request.Fail(exception);
        }
    }

    public void Forget(GrainCall call) => _pending.Remove(call);

    private static SiloUnavailableException ClosedException(Request request) =>
        new($"The caller's host is not running, so nobody waits for the answer to {request}.");

    private void TimeOut()
    {
        var longAgo = Time.GetTimestamp() - (long)(ResponseTimeout.TotalSeconds * Time.TimestampFrequency);
        while (_pending.TakeFirst(startedBefore: longAgo) is { } call)
        {
            call.Fail(new TimeoutException($"Response did not arrive on time in {ResponseTimeout} for {call}."));
        }
    }
}
