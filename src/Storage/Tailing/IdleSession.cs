namespace AgentStream.Storage.Tailing;

/// <summary>Waits for the next run of a session, for all who listen to the session in this process: with one watch, and one read now and then.</summary>
internal sealed class IdleSession(SessionKey key, IStreamReader streams, TimeProvider time, OutageLog outage) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiting = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watching = Task.CompletedTask;
    private Cursor _last;

    /// <summary>The session.</summary>
    public SessionKey Key => key;

    /// <summary>How many wait; the hub counts them.</summary>
    public int Listeners { get; set; }

    /// <summary>Begins to watch.</summary>
    public void Run() => _watching = Task.Run(WatchAsync);

    /// <summary>Waits until every later event is noticed.</summary>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Task WatchedAsync(CancellationToken cancellationToken) => _watched.Task.WaitAsync(cancellationToken);

    /// <summary>Sets a signal each time that the session may have events behind a cursor.</summary>
    public void Add(Signal changed, Cursor after)
    {
        lock (_gate)
        {
            _waiting.Add(changed);
            _last = after > _last ? after : _last;
        }
    }

    /// <summary>Sets the signal no more.</summary>
    public void Remove(Signal changed)
    {
        lock (_gate)
        {
            _waiting.Remove(changed);
        }
    }

    /// <summary>Throws what ended the watching, if anything did.</summary>
    public void ThrowIfOver()
    {
        if (_watching.IsFaulted)
        {
            _watching.GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            using var wake = new Wake(time);
            await using var watch = await TailRules.Patience.AskAsync(() => streams.WatchAsync(key, _ => WakeAll(), _stop.Token), time, _stop.Token, (exception, _) => outage.Failed(exception));
            _watched.SetResult();
            while (true)
            {
                await wake.WaitAsync(TailRules.IdlePoll, _stop.Token);
                var slice = await TailRules.Patience.AskAsync(() => streams.ReadAsync(key, Last(), count: 1, _stop.Token), time, _stop.Token, (exception, _) => outage.Failed(exception));
                outage.Worked();
                if (slice.Events.Count > 0 || slice.IsOpen)
                {
                    WakeAll();
                }
            }
        }
        finally
        {
            _watched.TrySetResult();
            WakeAll();
        }
    }

    private Cursor Last()
    {
        lock (_gate)
        {
            return _last;
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            _waiting.ForEach(static changed => changed.Set());
        }
    }
}
