using AgentStream.Background;
using AgentStream.Storage;

namespace AgentStream.Grains.Output;

/// <summary>A run that owns its session, from <c>begin</c> to <c>end</c>: its token, its writer, and word of a cancel.</summary>
internal sealed class RunHandle
{
    private static readonly Patience GiveBack = new(TimeSpan.FromSeconds(1), StreamRules.EndedMemory);

    private readonly RunEnvironment _environment;
    private readonly RunWriter _writer;
    private readonly IDisposable _registration;
    private readonly ISessionWaker? _waker;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private int _stopped;
    private bool _isSealed;
    private volatile Task _canceling = Task.CompletedTask;
    private volatile bool _isLeaving;
    private volatile bool _hasEnded;

    private RunHandle(RunEnvironment environment, RunToken token, Cursor begin, Cursor? last, long number = 0)
    {
        (_environment, Token, Begin) = (environment, token, begin);
        Nodes = new NodeWriter(new AnswerBounds(environment.Options), EmitAsync);
        _writer = new RunWriter(environment, this, number, last);
        _registration = environment.Owned.Register(token, Stop);
        _waker = environment.Waker;
    }

    /// <summary>The proof of ownership.</summary>
    public RunToken Token { get; }

    /// <summary>The session.</summary>
    public SessionKey Key => Token.Key;

    /// <summary>Writes the run's nodes into the stream.</summary>
    public NodeWriter Nodes { get; }

    /// <summary>Where the run's stream begins.</summary>
    public Cursor Begin { get; }

    /// <summary>The cursor of its last entry, once <see cref="FlushAsync"/> is done; null when that is not known.</summary>
    public Cursor? Last => _writer.Last;

    /// <summary>How many entries it has appended here.</summary>
    public long Written => _writer.Written;

    /// <summary>Ends whatever the run is doing, when it was canceled, lost its session, or its process is about to stop.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Comes when the process gives up on a log that is away.</summary>
    public CancellationToken GivenUp => _giveUp.Token;

    /// <summary>How the run stands, as far as it was told; live also when <see cref="Stopped"/> came because its process is about to stop.</summary>
    public RunStatus Status { get; private set; }

    /// <summary>Why the log takes nothing more of the run; null as long as it does. Then <see cref="Stopped"/> comes, too.</summary>
    public StorageRefusedException? Refusal { get; private set; }

    /// <summary>Whether the run is to be given to another process at the next place where nothing is half done.</summary>
    public bool IsLeaving => _isLeaving;

    /// <summary>Whether it has its <c>end</c>, and nothing more to do.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Whether it has to be given to another process now, wherever it is.</summary>
    public bool HasToLeave => _isLeaving && Stopped.IsCancellationRequested && Status == RunStatus.Live && Refusal is null;

    /// <summary>Takes ownership of a session for a run and writes its <c>begin</c>.</summary>
    /// <param name="environment">The run's silo.</param>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run; null for a new one.</param>
    /// <param name="isLimited">Whether the run counts among those that the user and its scope may have at a time. What only changes the session does not.</param>
    /// <exception cref="SessionBusyException">The session has a run under way.</exception>
    /// <exception cref="LimitExceededException">There are as many as may be.</exception>
    /// <exception cref="StorageUnavailableException">The log is out of reach.</exception>
    public static async Task<RunHandle> StartAsync(RunEnvironment environment, SessionKey key, string? runId = null, bool isLimited = false)
    {
        var token = new RunToken(key, environment.Silo.Id, runId ?? Guid.CreateVersion7().ToString());
        try
        {
            var begin = await environment.Store.StartAsync(token, isLimited ? environment.Options.Limits : null);
            return new RunHandle(environment, token, begin, last: begin);
        }
        catch (StorageUnavailableException e)
        {
            // Perhaps only the answer was lost, and the session now belongs to a run that nobody continues.
            _ = GiveBackAsync(environment, token, e).ContinueWith(
                failed => environment.Logger.StartNotUndone(failed.Exception, token.RunId, key),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Continues a run that this process recovered.</summary>
    public static RunHandle Of(RunEnvironment environment, RecoveredRun recovered)
    {
        var run = new RunHandle(environment, recovered.Run, recovered.Begin, last: null, recovered.Number) { _isSealed = recovered.IsSealed };
        if (recovered.Status != RunStatus.Live)
        {
            // At once: nothing of the run works yet, and nothing is to begin.
            run.Stop(recovered.Status);
            run._stop.Cancel();
        }

        return run;
    }

    /// <summary>
    /// Makes sure that the run owns its session now, before something is done that two must not do. While the process's lease holds, that takes no time. A process that was paused for longer finds
    /// that it does not, and asks; an answer that itself is older than the lease (it was paused again) proves nothing.
    /// </summary>
    /// <exception cref="OwnershipLostException">Another process has the run.</exception>
    public async ValueTask EnsureOwnedAsync(CancellationToken cancellationToken)
    {
        var (time, lease) = (_environment.Time, _environment.Lease);
        for (var isSure = _environment.Owned.IsLeaseHeld(lease, time); !isSure;)
        {
            var sent = time.GetTimestamp();
            var status = await _environment.PatientlyAsync(
                async () =>
                {
                    await _environment.Store.RenewLeaseAsync(Token.SiloId, lease, cancellationToken);
                    return (await _environment.Store.CheckAsync([Token], cancellationToken))[0];
                },
                cancellationToken);
            if (status == RunStatus.Lost)
            {
                throw new OwnershipLostException($"Run {Token.RunId} of session {Token.Key} went to another process while this one was not to be heard of.");
            }

            isSure = time.GetElapsedTime(sent) < lease;
        }
    }

    /// <summary>Queues an event for the stream; waits while the queue is full.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session.</exception>
    public ValueTask EmitAsync(string type, string origin, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        _writer.WriteAsync(new NewEntry(type, origin, body), cancellationToken);

    /// <summary>Queues what a node says, or what the runtime says of it; waits while the queue is full.</summary>
    private ValueTask EmitAsync(string type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        EmitAsync(type, type == Protocol.Event ? _environment.Options.EventOrigin : Protocol.AgentStreamOrigin, body, cancellationToken);

    /// <summary>Writes what is queued; the run says nothing more.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session.</exception>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <summary>Cancels the run: it stops at once, and its live flag is taken away. The store says whether this request canceled it.</summary>
    public Task<bool> CancelAsync(CancelRequest? request = null)
    {
        // Sent first, so that the store hears of it before it hears of the end.
        var answer = _environment.Store.CancelAsync(Key, request ?? CancelRequest.Of(Token.RunId));
        _canceling = Task.WhenAll(_canceling, answer);
        if (!_isSealed)
        {
            Stop(RunStatus.Canceled);
        }

        return answer;
    }

    /// <summary>Closes the run to cancels, because it is about to end, unless it was canceled before.</summary>
    /// <returns>Whether it was, so that it is to end as canceled.</returns>
    public async Task<bool> SealAsync()
    {
        _isSealed = true;
        return await _environment.PatientlyAsync(() => _environment.Store.SealAsync(Token, isSealed: true, _giveUp.Token), _giveUp.Token) == RunStatus.Canceled;
    }

    /// <summary>Opens a run to cancels again that the process which had it before had closed to them.</summary>
    public async Task UnsealAsync()
    {
        if (_isSealed)
        {
            await _environment.PatientlyAsync(() => _environment.Store.SealAsync(Token, isSealed: false, _giveUp.Token), _giveUp.Token);
            _isSealed = false;
        }
    }

    /// <summary>Writes what is queued, an error if there is one, and <c>end</c>; gives the session back.</summary>
    /// <param name="error">What the error entry says; null for none. A run that was canceled before it was sealed says that instead.</param>
    /// <param name="notes">Entries that stand before the end, in one step with it; null for none.</param>
    /// <param name="gracePeriod">How long the stream stays; null for the setting.</param>
    /// <exception cref="OwnershipLostException">The run lost its session; nothing was written.</exception>
    /// <returns>What the error entry says.</returns>
    public async Task<RunError?> FinishAsync(RunError? error, IReadOnlyList<NewEntry>? notes = null, TimeSpan? gracePeriod = null)
    {
        error = await EndAsync(error, notes, gracePeriod);
        _waker?.Wake(Key);
        return error;
    }

    /// <summary>As <see cref="FinishAsync"/>, for a run that could not be accepted. It does not wake what waits: that would meet the same fault at once, again and again. The next look tries it.</summary>
    public Task FailToStartAsync(RunError error) => EndAsync(error, notes: null, gracePeriod: null);

    private async Task<RunError?> EndAsync(RunError? error, IReadOnlyList<NewEntry>? notes, TimeSpan? gracePeriod)
    {
        try
        {
            await _canceling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_isSealed && error != RunError.Canceled && await SealAsync())
            {
                error = RunError.Canceled;
            }

            NewEntry[] last = error is null ? [.. notes ?? []] : [error.ToEntry(Token.RunId)];
            await _writer.FinishAsync(last, gracePeriod ?? _environment.Options.GracePeriod);
            _hasEnded = true;
            return error;
        }
        finally
        {
            _registration.Dispose();
        }
    }

    /// <summary>Asks the run to leave for another process at the next place where nothing is half done.</summary>
    public void Leave() => _isLeaving = true;

    /// <summary>Writes what is queued and hands the run off, as soon as the log can be reached. Another process continues it.</summary>
    /// <exception cref="OwnershipLostException">The run lost its session.</exception>
    /// <exception cref="OperationCanceledException">The log was given up on (<see cref="GiveUp"/>); the run goes to another process when this one's lease is over.</exception>
    public async Task HandOffAsync()
    {
        try
        {
            await _writer.FlushAsync();
            await _environment.PatientlyAsync(() => _environment.Store.HandOffAsync(Token, _giveUp.Token), _giveUp.Token);
        }
        finally
        {
            _registration.Dispose();
        }
    }

    /// <summary>Ends whatever the run is doing: its process is about to stop.</summary>
    public Task ShutDownAsync() => _stop.CancelAsync();

    /// <summary>Gives up on a log that is away: what is queued is dropped, and the lease is left to run out.</summary>
    public void GiveUp() => _giveUp.Cancel();

    /// <summary>Ends a run that may have started, or may start yet: a command that nobody waits for any more can still be on its way to the log.</summary>
    private static async Task GiveBackAsync(RunEnvironment environment, RunToken token, StorageUnavailableException cause)
    {
        var error = RunError.Crashed("the stream store did not answer when the run started", FailureReasons.StoreFailed);
        NewEntry[] last = [error.ToEntry(token.RunId)];
        for (var (waited, pause) = (TimeSpan.Zero, GiveBack.First); ; (waited, pause) = (waited + pause, GiveBack.Longer(pause)))
        {
            var result = await environment.PatientlyAsync(() => environment.Store.FinishAsync(token, 1, last, environment.Options.GracePeriod), CancellationToken.None);
            if (result.Status != RunStatus.Lost)
            {
                environment.Logger.RunCrashed(cause, token.RunId, token.Key, error.Reason!, RunError.ReferenceOf(token.RunId));
                return;
            }

            if (waited > StreamRules.EndedMemory)
            {
                environment.Waker?.Wake(token.Key);
                return;
            }

            await Task.Delay(pause, environment.Time);
        }
    }

    /// <summary>Ends whatever the run is doing: the log takes nothing more of it.</summary>
    public void Refuse(StorageRefusedException refusal)
    {
        Refusal = refusal;
        _ = _environment.Beside(_stop.Cancel);
    }

    /// <summary>Ends whatever the run is doing: it was canceled, or lost its session.</summary>
    public void Stop(RunStatus status)
    {
        // The first word counts: a run that was canceled may still be lost, but then the log says so at the next write.
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            Status = status;
            // Not here: whoever brings the news must not run the run's continuations.
            _ = _environment.Beside(_stop.Cancel);
        }
    }
}
