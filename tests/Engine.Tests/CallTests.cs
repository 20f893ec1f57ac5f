using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests;

/// <summary>What goes to a grain arrives, and what it answers or throws comes back.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class CallTests(SharedCluster shared)
{
    private readonly EngineCluster _cluster = shared.Value;

    [Fact]
    public async Task Arguments_arrive_and_answers_come_back()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var parcel = await grain.EchoAsync(new Parcel("p", [1, 2]), 3);
        Assert.Equal("p", parcel!.Label);
        Assert.Equal([1, 2, 3], parcel.Items);
        Assert.Null(await grain.EchoAsync(null));
        Assert.Equal(7, await grain.EchoValueAsync(7));
        await grain.NothingAsync();
    }

    [Fact]
    public async Task An_exception_travels_with_its_type_its_state_and_the_callees_stack()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var atOnce = await Assert.ThrowsAsync<CallFailedException>(() => grain.ThrowAtOnceAsync(1));
        Assert.Equal((1, "The code is 1."), (atOnce.Code, atOnce.Message));
        Assert.Contains($"{nameof(CallGrain)}.{nameof(ICallGrain.ThrowAtOnceAsync)}", atOnce.StackTrace, StringComparison.Ordinal);

        var later = await Assert.ThrowsAsync<CallFailedException>(() => grain.ThrowLaterAsync(2));
        Assert.Equal((2, "The code is 2."), (later.Code, later.Message));
        Assert.Contains($"{nameof(CallGrain)}.{nameof(ICallGrain.ThrowLaterAsync)}", later.StackTrace, StringComparison.Ordinal);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(grain.ThrowCanceledAsync);
        Assert.Equal(1, await grain.EchoValueAsync(1));
    }

    [Fact]
    public async Task An_exception_travels_from_grain_to_grain()
    {
        var other = _cluster.NewGrain<ICallGrain>().GetPrimaryKeyString();
        Assert.Equal("caught 5", await _cluster.NewGrain<ICallGrain>().CatchAsync(other, 5));
    }

    [Fact]
    public async Task Grains_call_grains()
    {
        var keys = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid().ToString("N")).ToArray();
        Assert.Equal(keys, await _cluster.Cluster.Client.GetGrain<ICallGrain>(keys[0]).ChainAsync(keys[1..]));
    }

    [Fact]
    public async Task A_reference_and_its_grain_have_the_same_key()
    {
        var grain = _cluster.Cluster.Client.GetGrain<ICallGrain>("a:b/c d~é");
        Assert.Equal("a:b/c d~é", grain.GetPrimaryKeyString());
        Assert.Equal("a:b/c d~é", await grain.KeyAsync());
    }

    [Fact]
    public async Task A_reference_can_be_handed_around()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var self = await grain.SelfAsync();
        Assert.Equal(grain, self);
        Assert.NotEqual(grain, _cluster.NewGrain<ICallGrain>());
        Assert.Equal(grain.GetPrimaryKeyString(), await self.KeyAsync());
        Assert.Equal(grain.GetPrimaryKeyString(), await _cluster.NewGrain<ICallGrain>().AskKeyOfAsync(self));
    }

    [Fact]
    public async Task A_grain_can_be_seen_through_each_of_its_interfaces()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        Assert.Equal(grain.GetPrimaryKeyString(), await grain.AsReference<IOtherCallGrain>().OtherKeyAsync());
        var byType = (ICallGrain)_cluster.Cluster.Client.GetGrain(typeof(ICallGrain), grain.GetPrimaryKeyString());
        Assert.Equal(grain.GetPrimaryKeyString(), await byType.KeyAsync());
    }

    [Fact]
    public void An_interface_that_no_class_implements_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _cluster.Cluster.Client.GetGrain<INobodysGrain>("x"));
    }

    [Fact]
    public async Task A_one_way_call_is_done_for_its_caller_when_it_is_sent()
    {
        var grain = _cluster.NewGrain<ICallGrain>();
        var hold = new Hold(_cluster.Signals, grain, "one way");
        await grain.HoldOneWayAsync("one way");
        await hold.BeganAsync();
        hold.LetEnd();
        await hold.EndedAsync();
        await grain.ThrowOneWayAsync();
        Assert.Equal(1, await grain.EchoValueAsync(1));
    }
}
