namespace AgentStream.Storage.InMemory;

/// <summary>What is to be forgotten, and when. One timer serves all of it, and it runs only while something is due.</summary>
internal sealed class ExpiryQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<SessionKey, TimeSpan> _due = new();
    private readonly Func<TimeSpan> _now;
    private readonly Action<SessionKey> _expire;
    private readonly ITimer _timer;
    private TimeSpan? _armed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="time">Fires the timer.</param>
    /// <param name="now">The clock that due times are given on.</param>
    /// <param name="expire">Called with each session whose time has come; a session may come more than once, and too early.</param>
    public ExpiryQueue(TimeProvider time, Func<TimeSpan> now, Action<SessionKey> expire)
    {
        _now = now;
        _expire = expire;
        _timer = time.CreateTimer(static queue => ((ExpiryQueue)queue!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Remembers to look at a session.</summary>
    /// <param name="key">The session.</param>
    /// <param name="due">When.</param>
    public void Add(SessionKey key, TimeSpan due)
    {
        lock (_gate)
        {
            _due.Enqueue(key, due);
            Arm();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        List<SessionKey> expired = [];
        lock (_gate)
        {
            _armed = null;
            while (_due.TryPeek(out var key, out var due) && due <= _now())
            {
                _due.Dequeue();
                expired.Add(key);
            }

            Arm();
        }

        expired.ForEach(_expire);
    }

    private void Arm()
    {
        if (_due.TryPeek(out _, out var due) && (_armed is null || due < _armed))
        {
            // A timer may fire a little early by this clock; a whole millisecond more keeps it from firing in vain.
            var wait = due - _now() + TimeSpan.FromMilliseconds(1);
            _armed = due;
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
