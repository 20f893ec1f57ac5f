using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;

namespace AgentStream.Engine.Tests;

/// <summary>Streams, and grains that subscribe to them implicitly.</summary>
public sealed class MemoryStreamTests : IAsyncLifetime
{
    private EngineCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await EngineCluster.StartAsync(silos: 2, streams: Streams.Provider);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Every_subscribed_class_takes_the_items_of_its_namespace_in_order_in_its_turns()
    {
        var publisher = _cluster.NewGrain<IPublisherGrain>();
        await publisher.PublishAsync("letters", [7]);
        await publisher.PublishAsync(Streams.Namespace, [1, 2, 3, 2, Streams.Last]);
        Assert.Equal("memory:numbers 1 2 3 2 99", await HeardAsync(nameof(WillingGrain), publisher));
        Assert.Equal("memory:numbers 1 2 3 2 99", await HeardAsync(nameof(StubbornGrain), publisher));
    }

    [Fact]
    public async Task An_item_that_a_subscriber_fails_on_comes_again_before_others_and_holds_no_other_subscriber_back()
    {
        var publisher = _cluster.NewGrain<IPublisherGrain>();
        await publisher.PublishAsync(Streams.Namespace, [1, Streams.Hard, 2, Streams.Last]);
        Assert.Equal("memory:numbers 1 13 2 99", await HeardAsync(nameof(WillingGrain), publisher));
        Assert.Equal("memory:numbers 1 13 2 99", await HeardAsync(nameof(StubbornGrain), publisher));
    }

    [Fact]
    public async Task A_new_activation_is_told_of_its_subscription_anew()
    {
        var publisher = _cluster.NewGrain<IPublisherGrain>();
        var key = publisher.GetPrimaryKeyString();
        await publisher.PublishAsync(Streams.Namespace, [1]);
        await _cluster.Signals.WaitAsync($"{nameof(WillingGrain)} {key} took 1");
        await _cluster.Cluster.Client.GetGrain<ISubscriberGrain>(key, typeof(WillingGrain).FullName).LeaveAsync();
        await _cluster.Signals.WaitAsync($"{nameof(WillingGrain)} {key} left");
        await publisher.PublishAsync(Streams.Namespace, [Streams.Last]);
        Assert.Equal("memory:numbers 99", await HeardAsync(nameof(WillingGrain), publisher));
    }

    [Fact]
    public async Task A_silo_publishes_as_a_grain_does()
    {
        var publisher = _cluster.NewGrain<IPublisherGrain>();
        var provider = _cluster.Cluster.GetSiloServiceProvider().GetRequiredKeyedService<IStreamProvider>(Streams.Provider);
        var stream = provider.GetStream<int>(StreamId.Create(Streams.Namespace, publisher.GetPrimaryKeyString()));
        await stream.OnNextAsync(Streams.Last);
        Assert.Equal("memory:numbers 99", await HeardAsync(nameof(WillingGrain), publisher));
        Assert.Equal(Streams.Provider, stream.ProviderName);
        Assert.Equal(StreamId.Create(Streams.Namespace, publisher.GetPrimaryKeyString()), stream.StreamId);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_not_found() =>
        await Assert.ThrowsAsync<KeyNotFoundException>(() => _cluster.NewGrain<IPublisherGrain>().PublishToAsync("nowhere"));

    [Fact]
    public async Task Memory_streams_have_no_end()
    {
        var stream = _cluster.Cluster.GetSiloServiceProvider().GetRequiredKeyedService<IStreamProvider>(Streams.Provider)
            .GetStream<int>(StreamId.Create(Streams.Namespace, "any"));
        await Assert.ThrowsAsync<NotImplementedException>(() => stream.OnCompletedAsync());
        await Assert.ThrowsAsync<NotImplementedException>(() => stream.OnErrorAsync(new InvalidOperationException()));
    }

    private Task<string> HeardAsync(string subscriber, IPublisherGrain publisher) =>
        _cluster.Signals.WaitAsync($"{subscriber} {publisher.GetPrimaryKeyString()}");
}
