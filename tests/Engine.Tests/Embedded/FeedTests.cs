using AgentStream.Engine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.TestingHost;

namespace AgentStream.Engine.Tests.Embedded;

/// <summary>What becomes of a stream's items while a subscriber does not take them.</summary>
public sealed class FeedTests : IAsyncLifetime
{
    private const int Capacity = 1024;

    private readonly ManualClock _clock = new();
    private readonly Signals _signals = new();
    private InProcessTestCluster _cluster = null!;

    private IStreamProvider Provider => _cluster.GetSiloServiceProvider().GetRequiredKeyedService<IStreamProvider>("memory");

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.AddSingleton<TimeProvider>(_clock).AddSingleton(_signals));
        builder.ConfigureSilo((_, silo) => silo.AddMemoryStreams("memory"));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task An_item_that_is_never_taken_is_skipped_after_a_minute()
    {
        var stream = Provider.GetStream<string>(StreamId.Create("feed", "minute"));
        await stream.OnNextAsync("bad");
        await stream.OnNextAsync("good");
        await _signals.WaitAsync("bad");
        var skipped = _signals.WaitAsync("good");
        while (!skipped.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));

            // Not faster: a call has 30 s of this clock, and has to get somewhere in that time.
            await Task.Delay(1);
        }

        // The last wait would have ended behind the minute, and none is longer than 5 s.
        Assert.True(_clock.GetUtcNow() - DateTimeOffset.UnixEpoch >= TimeSpan.FromSeconds(55));
        await skipped;
    }

    [Fact]
    public async Task An_item_that_takes_longer_than_a_call_comes_again()
    {
        var stream = Provider.GetStream<string>(StreamId.Create("feed", "slow"));
        await stream.OnNextAsync("hold 1");
        await _signals.WaitAsync("hold 1");
        var again = _signals.WaitAsync("hold 1 again");

        // The call is given up after 30 s; only then may it go on.
        for (var second = 0; second <= 31; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        _signals.Give("hold 1 go");

        // In small steps, each with time for who waits for the clock: the item is skipped when a minute is over on it.
        while (!again.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(again, Task.Delay(20));
        }

        await again;
    }

    [Fact]
    public async Task The_producer_waits_when_a_subscriber_is_far_behind()
    {
        var stream = Provider.GetStream<string>(StreamId.Create("feed", "full"));
        await stream.OnNextAsync("hold 2");
        await _signals.WaitAsync("hold 2");
        for (var i = 0; i < Capacity; i++)
        {
            Assert.True(stream.OnNextAsync("more").IsCompletedSuccessfully);
        }

        var last = stream.OnNextAsync("good");
        Assert.False(last.IsCompleted);
        _signals.Give("hold 2 go");
        await last;
        await _signals.WaitAsync("good");
    }
}

public interface IFeedGrain : IGrainWithStringKey;

/// <summary>Gives what it takes as a signal; never takes 'bad', and holds what begins with 'hold' until it may go on.</summary>
[ImplicitStreamSubscription("feed")]
internal sealed class FeedGrain(Signals signals) : Grain, IFeedGrain, IStreamSubscriptionObserver, IAsyncObserver<string>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<string>().ResumeAsync(this);

    public async Task OnNextAsync(string item, StreamSequenceToken? token = null)
    {
        if (signals.IsGiven(item))
        {
            signals.Give($"{item} again");
        }

        signals.Give(item);
        if (item == "bad")
        {
            throw new InvalidOperationException(item);
        }

        if (item.StartsWith("hold", StringComparison.Ordinal))
        {
            await signals.WaitAsync($"{item} go");
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
