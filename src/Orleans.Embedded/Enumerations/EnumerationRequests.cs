using Orleans.Embedded.Activations;
using Orleans.Embedded.Calls;
using Orleans.Runtime;

namespace Orleans.Embedded.Enumerations;

/// <summary>Items of an enumeration, in order.</summary>
/// <typeparam name="T">The items.</typeparam>
/// <param name="Items">The items; none only if it is the last.</param>
/// <param name="IsLast">Whether none follow.</param>
internal sealed record Batch<T>(IReadOnlyList<T> Items, bool IsLast);

/// <summary>The request for an enumeration's next items. Like all of an enumeration, it interleaves.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class EnumerationStep<T>(Enumeration<T> enumeration, GrainId target, Caller caller) : Request
{
    private readonly TaskCompletionSource<Batch<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Batch<T>> Answer => _answer.Task;

    public override bool Interleaves => true;

    /// <summary>The first step finds the grain's activation, as a call does; those that follow go to the same one.</summary>
    public void Send()
    {
        if (enumeration.Activation is not { } activation)
        {
            caller.Post(this, target);
        }
        else if (!activation.TryEnqueue(this))
        {
            Reroute();
        }
    }

    /// <summary>Takes no longer than a turn: an activation may go while a consumer waits for an item that may never come.</summary>
    public override Task Run(Activation activation)
    {
        _ = enumeration.AdvanceAsync(activation, this);
        return Task.CompletedTask;
    }

    public override void Complete(Task task)
    {
        // The answer comes from the enumeration.
    }

    public void Succeed(Batch<T> batch) => _answer.TrySetResult(batch);

    public void Cancel(CancellationToken token) => _answer.TrySetCanceled(token);

    public override void Fail(Exception exception) => _answer.TrySetException(exception);

    public override void Reroute()
    {
        if (enumeration.Activation is null)
        {
            Send();
        }
        else
        {
            Fail(new EnumerationAbortedException($"The activation that ran the enumeration {this} is gone."));
        }
    }

    public override string ToString() => $"{enumeration} of {target}";
}

/// <summary>The consumer needs no more items.</summary>
internal sealed class EnumerationEnd(IEnumeration enumeration) : Request
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Answer => _answer.Task;

    public override bool Interleaves => true;

    public override Task Run(Activation activation) => enumeration.DisposeAsync();

    public override void Complete(Task task) => _answer.TrySetResult();

    // An activation that goes disposes of its enumerations, and a killed one has none.
    public override void Fail(Exception exception) => _answer.TrySetResult();

    public override void Reroute() => _answer.TrySetResult();
}
