using System.Text;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>The queue between a run and its writer.</summary>
public sealed class EntryQueueTests
{
    [Fact]
    public async Task What_is_there_is_taken_in_order_and_at_most_as_much_as_was_asked_for()
    {
        var queue = new EntryQueue(8);
        foreach (var text in (string[])["a", "b", "c"])
        {
            Assert.True(await queue.AddAsync(Said(text), default));
        }

        Assert.Equal(["a", "b"], Texts(await queue.TakeAsync(2)));
        Assert.Equal(["c"], Texts(await queue.TakeAsync(2)));
    }

    [Fact]
    public async Task Who_takes_from_an_empty_queue_waits_for_the_next_event()
    {
        var queue = new EntryQueue(8);
        var taking = queue.TakeAsync(2).AsTask();
        Assert.False(taking.IsCompleted);

        await queue.AddAsync(Said("a"), default);
        Assert.Equal(["a"], Texts(await taking.Within()));
    }

    [Fact]
    public async Task Who_adds_to_a_full_queue_waits_until_something_was_taken()
    {
        var queue = new EntryQueue(2);
        await queue.AddAsync(Said("a"), default);
        await queue.AddAsync(Said("b"), default);
        var adding = queue.AddAsync(Said("c"), default).AsTask();
        Assert.False(adding.IsCompleted);

        Assert.Equal(["a"], Texts(await queue.TakeAsync(1)));
        Assert.True(await adding.Within());
        Assert.Equal(["b", "c"], Texts(await queue.TakeAsync(9)));
    }

    [Fact]
    public async Task Who_gives_up_waiting_has_added_nothing()
    {
        var queue = new EntryQueue(1);
        await queue.AddAsync(Said("a"), default);
        using var patience = new CancellationTokenSource();
        var adding = queue.AddAsync(Said("b"), patience.Token).AsTask();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);
        queue.Close();
        Assert.Equal(["a"], Texts(await queue.TakeAsync(9)));
        Assert.Empty(await queue.TakeAsync(9));
    }

    [Fact]
    public async Task A_closed_queue_gives_what_it_has_and_takes_no_more()
    {
        var queue = new EntryQueue(1);
        await queue.AddAsync(Said("a"), default);
        var adding = queue.AddAsync(Said("b"), default).AsTask();
        queue.Close();

        Assert.False(await adding.Within());
        Assert.False(await queue.AddAsync(Said("c"), default));
        Assert.Equal(["a"], Texts(await queue.TakeAsync(9)));
        Assert.Empty(await queue.TakeAsync(9));
    }

    [Fact]
    public async Task Why_a_queue_was_closed_is_told_to_who_waits_and_who_comes_later()
    {
        var queue = new EntryQueue(1);
        await queue.AddAsync(Said("a"), default);
        var adding = queue.AddAsync(Said("b"), default).AsTask();
        queue.Close(new OwnershipLostException("gone"));

        await Assert.ThrowsAsync<OwnershipLostException>(() => adding);
        await Assert.ThrowsAsync<OwnershipLostException>(() => queue.AddAsync(Said("c"), default).AsTask());
    }

    [Fact]
    public async Task Of_many_threads_each_keeps_its_order_and_nothing_is_lost_or_twice()
    {
        const int Writers = 4;
        const int Each = 5_000;
        var queue = new EntryQueue(16);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                Assert.True(await queue.AddAsync(Said($"{writer} {i}"), default));
            }
        })));
        _ = writing.ContinueWith(_ => queue.Close(), TaskScheduler.Default);

        var next = new int[Writers];
        while (await queue.TakeAsync(7) is { Length: > 0 } taken)
        {
            foreach (var (writer, i) in Texts(taken).Select(text => text.Split(' ')).Select(text => (int.Parse(text[0]), int.Parse(text[1]))))
            {
                Assert.Equal(next[writer]++, i);
            }
        }

        await writing;
        Assert.All(next, count => Assert.Equal(Each, count));
    }

    private static NewEntry Said(string text) => new(Protocol.Event, Protocol.DefaultEventOrigin, Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> Texts(NewEntry[] events) => events.Select(e => Encoding.UTF8.GetString(e.Body.Span));
}
