using AgentStream.Engine.Tests.Grains;
using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests;

/// <summary>An async enumerable that a grain returns is enumerated across calls.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class EnumerationTests(SharedCluster shared)
{
    private readonly EngineCluster _cluster = shared.Value;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1001)]
    public async Task All_items_come_in_order_and_then_the_end(int count)
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        Assert.Equal(Enumerable.Range(0, count), await ToListAsync(grain.CountAsync("all", count)));
        await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} all ended");
        Assert.True(await grain.WereAlwaysHomeAsync());
    }

    [Fact]
    public async Task An_item_comes_when_it_is_there_and_not_only_with_the_next()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        await using var items = grain.StepAsync("steps", 3, StepEnd.Complete).GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            var move = items.MoveNextAsync();
            _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} steps {i}");
            Assert.True(await move);
            Assert.Equal(i, items.Current);
        }

        Assert.False(await items.MoveNextAsync());
        Assert.False(await items.MoveNextAsync());
        Assert.True(await grain.WereAlwaysHomeAsync());
    }

    [Fact]
    public async Task An_enumerable_can_be_enumerated_more_than_once_and_at_once()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        var numbers = grain.CountAsync("twice", 50);
        var all = await Task.WhenAll(ToListAsync(numbers), ToListAsync(numbers));
        Assert.All(all, items => Assert.Equal(Enumerable.Range(0, 50), items));
    }

    [Fact]
    public async Task An_exception_comes_after_the_items_before_it()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} failing 0");
        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} failing 1");
        var seen = new List<int>();
        var exception = await Assert.ThrowsAsync<CallFailedException>(async () =>
        {
            await foreach (var item in grain.StepAsync("failing", 2, StepEnd.Throw))
            {
                seen.Add(item);
            }
        });
        Assert.Equal(2, exception.Code);
        Assert.Equal([0, 1], seen);
        Assert.Equal("not canceled", await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} failing ended"));
    }

    [Fact]
    public async Task After_an_exception_there_is_nothing_more()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        await using var items = grain.StepAsync("failing", 0, StepEnd.Throw).GetAsyncEnumerator();
        await Assert.ThrowsAsync<CallFailedException>(() => items.MoveNextAsync().AsTask());
        await Assert.ThrowsAsync<EnumerationAbortedException>(() => items.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task A_method_that_throws_instead_of_returning_an_enumerable_fails_its_enumeration()
    {
        await using var items = _cluster.NewGrain<IStreamGrain>().ThrowAtOnceAsync().GetAsyncEnumerator();
        await Assert.ThrowsAsync<CallFailedException>(() => items.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task Breaking_off_runs_the_grains_finally_blocks()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        await foreach (var item in grain.CountAsync("broken off", int.MaxValue))
        {
            if (item == 5)
            {
                break;
            }
        }

        Assert.True(_cluster.Signals.IsGiven($"{grain.GetPrimaryKeyString()} broken off ended"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Canceling_ends_the_wait_for_an_item_and_the_producer(bool withCancellation)
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        using var source = new CancellationTokenSource();
        var numbers = withCancellation
            ? grain.StepAsync("canceled", 1, StepEnd.Hold).WithCancellation(source.Token)
            : grain.StepAsync("canceled", 1, StepEnd.Hold, source.Token).WithCancellation(CancellationToken.None);
        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} canceled 0");
        var seen = new List<int>();
        var enumeration = Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in numbers)
            {
                seen.Add(item);
            }
        });
        await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} canceled holds");
        await source.CancelAsync();
        await enumeration;
        Assert.Equal([0], seen);
        Assert.Equal("canceled", await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} canceled ended"));
    }

    [Fact]
    public async Task An_enumeration_interleaves_with_requests()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        var hold = new Hold(_cluster.Signals, grain, "held");
        var call = grain.HoldAsync("held");
        await hold.BeganAsync();
        Assert.Equal([0, 1, 2], await ToListAsync(grain.CountAsync("beside", 3)));
        hold.LetEnd();
        await call;
    }

    [Fact]
    public async Task An_enumeration_ends_with_an_exception_when_its_activation_goes()
    {
        var grain = _cluster.NewGrain<IStreamGrain>();
        _cluster.Signals.Give($"{grain.GetPrimaryKeyString()} lost 0");
        await using var items = grain.StepAsync("lost", 2, StepEnd.Complete).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        await grain.DeactivateAsync();
        await _cluster.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} lost ended");
        await Assert.ThrowsAsync<EnumerationAbortedException>(() => items.MoveNextAsync().AsTask());
    }

    private static async Task<List<int>> ToListAsync(IAsyncEnumerable<int> items)
    {
        var list = new List<int>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
