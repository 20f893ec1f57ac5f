using Microsoft.Extensions.Logging;
using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans.Embedded.Timers;

/// <summary>A timer of a grain: when it is due, it hands its activation a request to run.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _disposed = new();
    private readonly ITimer _timer;
    private TimeSpan _dueTime;
    private TimeSpan _period;

    /// <summary>Set from when the timer is due until its tick is done. In that time it is not set anew.</summary>
    private volatile bool _isTicking;
    private volatile bool _isChanged;

    private GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        _options = options;

        // The ticks have nothing to do with the request that makes the timer.
        using (ExecutionContext.IsFlowSuppressed() ? (AsyncFlowControl?)null : ExecutionContext.SuppressFlow())
        {
            _timer = activation.Silo.Time.CreateTimer(
                static timer => ((GrainTimer)timer!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public static GrainTimer Start(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(activation, callback, options);
        activation.Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfNoTimerTime(dueTime, nameof(dueTime));
        ThrowIfNoTimerTime(period, nameof(period));
        _dueTime = dueTime;
        _period = period;
        _isChanged = true;
        if (!_isTicking)
        {
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _activation.Remove(this);
        try
        {
            _disposed.Cancel();
        }
        catch (AggregateException exception)
        {
            _activation.Silo.Logger.LogError(exception, "A timer of {Grain} could not cancel its tick.", _activation.Id);
        }
    }

    private static void ThrowIfNoTimerTime(TimeSpan time, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((long)time.TotalMilliseconds, -1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)time.TotalMilliseconds, uint.MaxValue - 1, name);
    }

    private void OnDue()
    {
        _isTicking = true;
        _activation.TryEnqueue(new Tick(this));
    }

    private void OnTicked()
    {
        _isTicking = false;
        _timer.Change(_isChanged ? _dueTime : _period, Timeout.InfiniteTimeSpan);
    }

    private sealed class Tick(GrainTimer timer) : Request
    {
        public override bool Interleaves => timer._options.Interleave;

        public override bool IsUse => timer._options.KeepAlive;

        public override Task Run(Activation activation)
        {
            if (timer._disposed.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            timer._isChanged = false;
            try
            {
                return timer._callback(timer._disposed.Token);
            }
            catch (Exception exception)
            {
                return Task.FromException(exception);
            }
        }

        public override void Complete(Task task)
        {
            if (task.Exception?.InnerException is { } exception)
            {
                timer._activation.Silo.Logger.LogWarning(exception, "A tick of a timer of {Grain} failed.", timer._activation.Id);
            }

            timer.OnTicked();
        }

        public override void Fail(Exception exception)
        {
            // The timer goes with its activation.
        }

        public override void Reroute()
        {
            // The same.
        }
    }
}
