using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded.Activations;
using Orleans.Embedded.Calls;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Embedded.Streams;

/// <summary>An item on its way to a subscriber.</summary>
internal abstract class Delivery
{
    /// <summary>Brings the item.</summary>
    /// <returns>A task that completes when the subscriber has taken it, and fails when it has not, or not within the response time-out.</returns>
    public abstract Task TryAsync(Caller caller);
}

/// <inheritdoc/>
/// <typeparam name="T">The item.</typeparam>
internal sealed class Delivery<T>(MemoryStreamProvider provider, StreamId stream, GrainId subscriber, T item, StreamSequenceToken token) : Delivery
{
    private GrainId Subscriber => subscriber;

    public override async Task TryAsync(Caller caller)
    {
        var attempt = new Attempt(this, caller);
        caller.Post(attempt, Subscriber);
        await attempt.WaitAsync();
    }

    public override string ToString() => $"Item {token.SequenceNumber} of stream {stream} for {Subscriber}";

    private async Task HandOverAsync(Activation activation)
    {
        var subscriptions = activation.ActivationServices.GetRequiredService<Subscriptions>();
        var observer = subscriptions.Find<T>(provider.Name, stream);
        if (observer is null && activation.GrainInstance is IStreamSubscriptionObserver grain)
        {
            await grain.OnSubscribed(new Subscription(subscriptions, provider.Name, stream));
            observer = subscriptions.Find<T>(provider.Name, stream);
        }

        // As in Orleans, a subscriber that wants no items of this type gets none.
        await (observer?.OnNextAsync(item, token) ?? Task.CompletedTask);
    }

    /// <summary>One request to take the item; when it comes too late, the item is on its way again, so it does nothing.</summary>
    private sealed class Attempt(Delivery<T> delivery, Caller caller) : Request
    {
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task WaitAsync()
        {
            try
            {
                await _answer.Task.WaitAsync(caller.ResponseTimeout, caller.Time);
            }
            finally
            {
                _answer.TrySetCanceled();
            }
        }

        public override Task Run(Activation activation) => _answer.Task.IsCompleted ? Task.CompletedTask : delivery.HandOverAsync(activation);

        public override void Complete(Task task)
        {
            if (task.Exception is { } exception)
            {
                _answer.TrySetException(exception.InnerExceptions);
            }
            else if (task.IsCanceled)
            {
                _answer.TrySetCanceled();
            }
            else
            {
                _answer.TrySetResult();
            }
        }

        public override void Fail(Exception exception) => _answer.TrySetException(exception);

        public override void Reroute() => caller.Post(this, delivery.Subscriber);
    }
}
