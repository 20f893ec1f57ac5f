using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>How grains come up at their first call and go when they ask for it.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class ActivationTests(SharedCluster shared)
{
    private readonly EngineCluster _cluster = shared.Value;

    [Fact]
    public async Task A_grain_comes_up_at_its_first_call_and_stays()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        Assert.False(_cluster.Signals.IsGiven($"{grain.GetPrimaryKeyString()} activating"));
        var first = await grain.WhoAsync();
        Assert.Equal(first, await grain.WhoAsync());
        Assert.NotEqual(first.Activation, (await _cluster.NewGrain<ILifeGrain>().WhoAsync()).Activation);
    }

    [Fact]
    public async Task Concurrent_first_calls_make_one_activation()
    {
        for (var round = 0; round < 20; round++)
        {
            var grain = _cluster.NewGrain<ILifeGrain>();
            var lives = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(grain.WhoAsync)));
            Assert.Single(lives.Distinct());
        }
    }

    [Fact]
    public async Task Each_activation_has_services_of_its_own_that_are_disposed_with_it()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var first = await grain.WhoAsync();
        Assert.NotEqual(first.Notebook, (await _cluster.NewGrain<ILifeGrain>().WhoAsync()).Notebook);
        Assert.False(_cluster.Signals.IsGiven($"notebook {first.Notebook} disposed"));

        await grain.DeactivateAsync();
        await _cluster.Signals.WaitAsync($"notebook {first.Notebook} disposed");
        Assert.NotEqual(first.Notebook, (await grain.WhoAsync()).Notebook);
    }

    [Fact]
    public async Task A_grain_that_deactivates_itself_is_told_and_comes_up_anew_at_the_next_call()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var first = await grain.WhoAsync();
        await grain.DeactivateAsync();
        Assert.Equal("ApplicationRequested", await _cluster.Signals.WaitAsync($"{first.Activation} deactivating"));
        Assert.Equal("home", await _cluster.Signals.WaitAsync($"{first.Activation} deactivated"));
        Assert.Equal("after OnDeactivateAsync", await _cluster.Signals.WaitAsync($"{first.Activation} disposed"));
        Assert.NotEqual(first.Activation, (await grain.WhoAsync()).Activation);
    }

    [Fact]
    public async Task A_deactivation_waits_for_the_running_request_and_later_calls_go_to_a_new_activation()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var first = await grain.WhoAsync();
        var hold = new Hold(_cluster.Signals, grain, "last");
        var last = grain.DeactivateAndHoldAsync("last");
        await hold.BeganAsync();
        var next = grain.WhoAsync();
        Assert.False(_cluster.Signals.IsGiven($"{first.Activation} deactivating"));
        Assert.False(next.IsCompleted);

        hold.LetEnd();
        await last;
        Assert.NotEqual(first.Activation, (await next).Activation);
        Assert.True(_cluster.Signals.IsGiven($"{first.Activation} deactivated"));
    }

    [Fact]
    public async Task Calls_that_meet_a_deactivation_are_all_answered_before_or_after_it()
    {
        var grain = _cluster.NewGrain<ILifeGrain>();
        var seen = new HashSet<Guid>();
        for (var round = 0; round < 50; round++)
        {
            var calls = Enumerable.Range(0, 8).Select(_ => Task.Run(grain.WhoAsync)).ToArray();
            var deactivation = Task.Run(grain.DeactivateAsync);
            foreach (var life in await Task.WhenAll(calls))
            {
                seen.Add(life.Activation);
            }

            await deactivation;
        }

        Assert.True(seen.Count > 1);
        await grain.DeactivateAsync();
        foreach (var activation in seen)
        {
            Assert.Equal("after OnDeactivateAsync", await _cluster.Signals.WaitAsync($"{activation} disposed"));
        }
    }

    [Fact]
    public async Task A_deactivation_that_fails_is_one_all_the_same()
    {
        var grain = _cluster.NewGrain<ILifeGrain>(LifeGrain.FailsInDeactivation);
        var life = await grain.WhoAsync();
        await grain.DeactivateAsync();
        Assert.Equal("without its end", await _cluster.Signals.WaitAsync($"{life.Activation} disposed"));
        Assert.NotEqual(life.Activation, (await grain.WhoAsync()).Activation);
    }

    [Fact]
    public async Task Calls_fail_as_OnActivateAsync_failed_and_leave_no_activation()
    {
        var grain = _cluster.NewGrain<ILifeGrain>(LifeGrain.FailsTwice);
        Assert.Equal("not yet", (await Assert.ThrowsAsync<NoLifeException>(grain.WhoAsync)).Message);
        await Assert.ThrowsAsync<NoLifeException>(grain.WhoAsync);
        Assert.NotEqual(default, (await grain.WhoAsync()).Activation);
    }
}
