namespace AgentStream.TestTools;

/// <summary>A clock that stands still until a test moves it. Timers fire inside <see cref="Advance"/>, in the order in which they are due.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now;

    /// <summary>Makes a clock that shows a time.</summary>
    /// <param name="start">The time; 2026-01-01 UTC when null.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) => _now = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers wait to fire: a test sees that something waits before it moves the clock.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>How long until the next timer fires; null while none waits.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_gate)
            {
                return _timers.MinBy(timer => timer.Due)?.Due - _now;
            }
        }
    }

    /// <summary>Whether a timer fires after a wait, whatever fires before it.</summary>
    /// <param name="wait">How long from now.</param>
    /// <returns>Whether there is one.</returns>
    public bool HasTimer(TimeSpan wait)
    {
        lock (_gate)
        {
            return _timers.Exists(timer => timer.Due - _now == wait);
        }
    }

    /// <summary>Whether a timer that was set to a wait has yet to fire, however much of the wait is over.</summary>
    /// <param name="wait">What it was set to.</param>
    /// <returns>Whether there is one.</returns>
    public bool IsSet(TimeSpan wait)
    {
        lock (_gate)
        {
            return _timers.Exists(timer => timer.Wait == wait);
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>Moves the clock; timers that become due on the way fire, each at its time.</summary>
    /// <param name="by">How far; not negative.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        FireUntil(GetUtcNow() + by);
    }

    /// <summary>
    /// Moves the clock in one step, as for a machine that slept: timers that became due fire late. Nobody sees a time in between, so work that they start in the background cannot fall into the middle of the move.
    /// </summary>
    /// <param name="by">How far; not negative.</param>
    public void Jump(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset target;
        lock (_gate)
        {
            target = _now += by;
        }

        FireUntil(target);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private void FireUntil(DateTimeOffset target)
    {
        while (true)
        {
            ManualTimer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due);
                if (due is null)
                {
                    _now = target > _now ? target : _now;
                    return;
                }

                _now = due.Due > _now ? due.Due : _now;
                Rearm(due, due.Period);
            }

            due.Fire();
        }
    }

    private void Rearm(ManualTimer timer, TimeSpan wait)
    {
        _timers.Remove(timer);
        if (wait >= TimeSpan.Zero && !timer.IsDisposed)
        {
            (timer.Due, timer.Wait) = (_now + wait, wait);
            _timers.Add(timer);
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Wait { get; set; }

        public TimeSpan Period { get; private set; }

        public bool IsDisposed { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                // As with the system's timers, a period of zero fires once.
                Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                time.Rearm(this, dueTime);
                return !IsDisposed;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                IsDisposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
