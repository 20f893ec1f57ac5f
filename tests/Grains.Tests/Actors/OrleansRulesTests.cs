using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace AgentStream.Grains.Tests.Actors;

/// <summary>Rules of Orleans that the grains rely on, against Orleans itself: who updates it hears from these tests which of them has changed.</summary>
public sealed class OrleansRulesTests : IAsyncLifetime
{
    private readonly Signals _signals = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.AddSingleton(_signals));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_call_waits_for_the_one_before_it_across_its_awaits()
    {
        var grain = NewGrain();
        var first = grain.HoldAsync("first");
        await Of("first began");
        var second = grain.HoldAsync("second");

        // Calls of one client arrive in order, and this one passes by those that wait: when it has begun, the second has arrived.
        var beside = grain.HoldBesideAsync("beside");
        await Of("beside began");
        Assert.False(_signals.Of("second began").Task.IsCompleted);

        Release("beside", "first", "second");
        await Task.WhenAll(first, second, beside).Within();
    }

    [Fact]
    public async Task Any_call_runs_while_only_interleaving_ones_are_open()
    {
        var grain = NewGrain();
        var beside = grain.HoldBesideAsync("beside");
        await Of("beside began");
        Assert.NotEqual(Guid.Empty, await grain.WhoAsync().Within());
        Release("beside");
        await beside.Within();
    }

    [Fact]
    public async Task A_callers_token_cancels_the_call_in_the_grain()
    {
        using var source = new CancellationTokenSource();
        var call = NewGrain().HoldAsync("canceled", source.Token);
        await Of("canceled began");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within());
        Assert.Equal("canceled", await Of("canceled ended"));
    }

    [Fact]
    public async Task A_call_that_got_no_answer_in_time_goes_on_in_the_grain()
    {
        // On a busy machine the time may be over before the call has begun; then it is dropped, and this is not about it.
        var grain = NewGrain();
        await Wait.Until(async () =>
        {
            await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldImpatientlyAsync("slow"));
            return _signals.Of("slow began").Task.IsCompleted;
        });
        Assert.False(_signals.Of("slow ended").Task.IsCompleted);
        Release("slow");
        Assert.Equal("done", await Of("slow ended"));
    }

    [Fact]
    public async Task A_forced_collection_takes_an_idle_activation_and_leaves_one_whose_deactivation_is_delayed()
    {
        var (idle, kept) = (NewGrain(), NewGrain());
        var (idleOne, keptOne) = (await idle.WhoAsync(), await kept.WhoAsync());
        await kept.KeepAsync(Timeout.InfiniteTimeSpan);
        await Wait.Until(async () =>
        {
            await _cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
            return _signals.Of($"{idleOne} gone").Task.IsCompleted;
        });
        Assert.Equal(keptOne, await kept.WhoAsync());
        Assert.False(_signals.Of($"{keptOne} gone").Task.IsCompleted);

        // A delay of zero ends the other.
        await kept.KeepAsync(TimeSpan.Zero);
        await Wait.Until(async () =>
        {
            await _cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
            return _signals.Of($"{keptOne} gone").Task.IsCompleted;
        });
    }

    [Fact]
    public async Task Who_calls_is_what_the_caller_says_so_a_silo_cannot_tell_a_client_from_itself()
    {
        var sources = new Sources();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.AddSingleton(_signals));
        builder.ConfigureSilo((_, silo) => silo.AddIncomingGrainCallFilter(sources));
        builder.ConfigureClient(client => Sources.Forge(client.Services, "hosted-by-nobody"));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();

        // A filter that let a silo's own calls pass, and no client's, would let this client pass, too.
        await cluster.Client.GetGrain<IHoldGrain>("any").WhoAsync().Within();
        Assert.Equal("sys.client/hosted-by-nobody", await sources.First.Task.Within());
    }

    private IHoldGrain NewGrain() => _cluster.Client.GetGrain<IHoldGrain>(Guid.NewGuid().ToString("N"));

    private Task<string> Of(string name) => _signals.Of(name).Task.Within(name);

    private void Release(params string[] calls) => Array.ForEach(calls, call => _signals.Of($"{call} may end").TrySetResult(""));
}
