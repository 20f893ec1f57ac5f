using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>Where the tests' streams are, and what they are told by.</summary>
public static class Streams
{
    public const string Provider = "memory";

    public const string Namespace = "numbers";

    /// <summary>Takes this for the last item.</summary>
    public const int Last = 99;

    /// <summary>The item that one of the subscribers fails on at first.</summary>
    public const int Hard = 13;
}

/// <summary>Publishes from a grain's turns.</summary>
[Alias("AgentStream.Engine.Tests.IPublisherGrain")]
public interface IPublisherGrain : IGrainWithStringKey
{
    [Alias("PublishAsync")]
    Task PublishAsync(string streamNamespace, int[] items);

    [Alias("PublishToAsync")]
    Task PublishToAsync(string provider);
}

internal sealed class PublisherGrain : Grain, IPublisherGrain
{
    public async Task PublishAsync(string streamNamespace, int[] items)
    {
        var stream = this.GetStreamProvider(Streams.Provider).GetStream<int>(StreamId.Create(streamNamespace, this.GetPrimaryKeyString()));
        foreach (var item in items)
        {
            await stream.OnNextAsync(item);
        }
    }

    public Task PublishToAsync(string provider) => Task.FromResult(this.GetStreamProvider(provider));
}

[Alias("AgentStream.Engine.Tests.ISubscriberGrain")]
public interface ISubscriberGrain : IGrainWithStringKey
{
    [Alias("LeaveAsync")]
    Task LeaveAsync();
}

/// <summary>Says, at the last item, what this activation was subscribed to and which items it took.</summary>
internal abstract class SubscriberGrain(Signals signals) : Grain, ISubscriberGrain, IStreamSubscriptionObserver, IAsyncObserver<int>
{
    private readonly List<string> _heard = [];
    private TaskScheduler? _home;
    private StreamSequenceToken? _token;

    protected Signals Signals => signals;

    private string Name => $"{GetType().Name} {this.GetPrimaryKeyString()}";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _home = TaskScheduler.Current;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Give($"{Name} left");
        return Task.CompletedTask;
    }

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        _heard.Add($"{handleFactory.ProviderName}:{handleFactory.StreamId.GetNamespace()}");
        return handleFactory.Create<int>().ResumeAsync(this);
    }

    public async Task OnNextAsync(int item, StreamSequenceToken? token = null)
    {
        await Task.Yield();
        await TakeAsync(item);
        _heard.Add(TaskScheduler.Current == _home && (_token is null || token!.CompareTo(_token) > 0) ? $"{item}" : $"{item}!");
        _token = token;
        signals.Give($"{Name} took {item}");
        if (item == Streams.Last)
        {
            signals.Give(Name, string.Join(' ', _heard));
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    protected virtual Task TakeAsync(int item) => Task.CompletedTask;
}

[ImplicitStreamSubscription(Streams.Namespace)]
internal sealed class WillingGrain(Signals signals) : SubscriberGrain(signals);

[ImplicitStreamSubscription(Streams.Namespace)]
internal sealed class StubbornGrain(Signals signals) : SubscriberGrain(signals)
{
    private bool _hasFailed;

    protected override async Task TakeAsync(int item)
    {
        if (item == Streams.Hard && !_hasFailed)
        {
            // Not before the other subscriber has them all: it does not wait for this one.
            await Signals.WaitAsync($"{nameof(WillingGrain)} {this.GetPrimaryKeyString()}");
            _hasFailed = true;
            throw new InvalidOperationException("Too hard.");
        }
    }
}
