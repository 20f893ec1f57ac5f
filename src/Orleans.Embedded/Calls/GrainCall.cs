using Orleans.Embedded.Activations;

namespace Orleans.Embedded.Calls;

/// <summary>A call on its way, and its answer.</summary>
internal abstract class GrainCall(GrainMethod method, object?[] arguments, GrainId target, Caller caller) : Request
{
    private readonly CancellationToken _token = method.TokenOf(arguments);
    private CancellationTokenRegistration _registration;
    private CancellationTokenSource? _calleeCancellation;
    private Activation? _activation;

    public GrainId Target { get; } = target;

    public long Started { get; set; }

    /// <summary>The links of <see cref="PendingCalls"/>.</summary>
    internal GrainCall? NextPending { get; set; }

    internal GrainCall? PreviousPending { get; set; }

    public override bool Interleaves => Method.Interleaves;

    public override bool IsReadOnly => Method.IsReadOnly;

    protected GrainMethod Method { get; } = method;

    /// <summary>Whether it has its answer: from the grain, from the caller's own token, or from the time-out.</summary>
    protected abstract bool IsOver { get; }

    /// <summary>Sends the call.</summary>
    public void Send()
    {
        if (_token.CanBeCanceled)
        {
            // The callee gets a token of its own: what is registered with it is to run in the callee's turns.
            _calleeCancellation = new CancellationTokenSource();
            arguments[Method.TokenIndex] = _calleeCancellation.Token;
            _registration = _token.UnsafeRegister(static call => ((GrainCall)call!).Cancel(), this);
        }

        if (Method.IsOneWay)
        {
            caller.Post(this, Target);
        }
        else if (!IsOver)
        {
            caller.Send(this);
        }
    }

    public override Task Run(Activation activation)
    {
        // Together with Cancel: either that sees the activation, or this sees that the call is over. Both write, then read.
        Interlocked.Exchange(ref _activation, activation);
        if (IsOver)
        {
            return Task.CompletedTask;
        }

        try
        {
            return Method.Start(activation.GrainInstance!, arguments);
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    public override void Reroute() => caller.Post(this, Target);

    public override string ToString() => $"{Method.Name} of {Target}";

    protected abstract bool TryCancel(CancellationToken token);

    /// <summary>The call has its answer.</summary>
    protected void Settle()
    {
        caller.Forget(this);
        _registration.Unregister();
    }

    /// <summary>The caller gives up: it has its answer at once, the callee is told if it has begun.</summary>
    private void Cancel()
    {
        if (!TryCancel(_token))
        {
            return;
        }

        Interlocked.MemoryBarrier();
        if (_activation is { } activation)
        {
            new Task(static source => ((CancellationTokenSource)source!).Cancel(), _calleeCancellation).Start(activation.Turns);
        }
    }
}

/// <inheritdoc/>
/// <typeparam name="T">What the answer holds; object if it holds nothing.</typeparam>
internal sealed class GrainCall<T>(GrainMethod method, object?[] arguments, GrainId target, Caller caller)
    : GrainCall(method, arguments, target, caller)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answer => _answer.Task;

    protected override bool IsOver => _answer.Task.IsCompleted;

    public override void Complete(Task task)
    {
        var isFirst = task switch
        {
            { IsCompletedSuccessfully: true } => _answer.TrySetResult(task is Task<T> { Result: var result } ? result : default!),
            { IsCanceled: true } => _answer.TrySetCanceled(new TaskCanceledException(task).CancellationToken),
            _ => _answer.TrySetException(task.Exception!.InnerExceptions),
        };
        if (isFirst)
        {
            Settle();
        }
    }

    public override void Fail(Exception exception)
    {
        if (_answer.TrySetException(exception))
        {
            Settle();
        }
    }

    protected override bool TryCancel(CancellationToken token)
    {
        var isFirst = _answer.TrySetCanceled(token);
        if (isFirst)
        {
            Settle();
        }

        return isFirst;
    }
}
