using System.Text;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>The queue between a run and its writer.</summary>
public sealed class EntryQueueTests
{
    private int _begun;

    [Fact]
    public async Task What_is_there_is_taken_in_order_and_at_most_as_much_as_was_asked_for()
    {
        var queue = New(8);
        foreach (var text in (string[])["a", "b", "c"])
        {
            Assert.True(await queue.AddAsync(Said(text), default));
        }

        Assert.Equal(["a", "b"], Texts(queue.Take(2)));
        Assert.Equal(["c"], Texts(queue.Take(2)));
    }

    [Fact]
    public async Task Who_takes_is_called_once_and_again_when_it_has_found_nothing()
    {
        var queue = New(8);
        await queue.AddAsync(Said("a"), default);
        await queue.AddAsync(Said("b"), default);
        Assert.Equal(["a", "b"], Texts(queue.Take(9)));
        await queue.AddAsync(Said("c"), default);
        Assert.Equal(1, _begun);

        Assert.Equal(["c"], Texts(queue.Take(9)));
        Assert.Empty(queue.Take(9));
        await queue.AddAsync(Said("d"), default);
        Assert.Equal(2, _begun);
    }

    [Fact]
    public async Task Who_adds_to_a_full_queue_waits_until_something_was_taken()
    {
        var queue = New(2);
        await queue.AddAsync(Said("a"), default);
        await queue.AddAsync(Said("b"), default);
        var adding = queue.AddAsync(Said("c"), default).AsTask();
        Assert.False(adding.IsCompleted);

        Assert.Equal(["a"], Texts(queue.Take(1)));
        Assert.True(await adding.Within());
        Assert.Equal(["b", "c"], Texts(queue.Take(9)));
    }

    [Fact]
    public async Task Who_gives_up_waiting_has_added_nothing()
    {
        var queue = New(1);
        await queue.AddAsync(Said("a"), default);
        using var patience = new CancellationTokenSource();
        var adding = queue.AddAsync(Said("b"), patience.Token).AsTask();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);
        Assert.Equal(["a"], Texts(queue.Take(9)));
        Assert.Empty(queue.Take(9));
    }

    [Fact]
    public async Task A_closed_queue_gives_what_it_has_takes_no_more_and_says_when_it_is_empty()
    {
        var queue = New(1);
        await queue.AddAsync(Said("a"), default);
        var adding = queue.AddAsync(Said("b"), default).AsTask();
        var empty = queue.CloseAsync();

        Assert.False(await adding.Within());
        Assert.False(await queue.AddAsync(Said("c"), default));
        Assert.Equal(["a"], Texts(queue.Take(9)));
        Assert.False(empty.IsCompleted);
        Assert.Empty(queue.Take(9));
        await empty.Within();
        await queue.CloseAsync().Within();
    }

    [Fact]
    public async Task A_queue_that_has_nothing_is_empty_as_soon_as_it_is_closed()
    {
        await New(1).CloseAsync().Within();
        Assert.Equal(0, _begun);
    }

    [Fact]
    public async Task Why_the_taker_failed_is_told_to_who_waits_for_room_and_who_comes_later()
    {
        var queue = New(1);
        await queue.AddAsync(Said("a"), default);
        var adding = queue.AddAsync(Said("b"), default).AsTask();
        queue.Fail(new OwnershipLostException("gone"));

        await Assert.ThrowsAsync<OwnershipLostException>(() => adding.Within());
        await Assert.ThrowsAsync<OwnershipLostException>(() => queue.AddAsync(Said("c"), default).AsTask());
        await Assert.ThrowsAsync<OwnershipLostException>(queue.CloseAsync);
        Assert.Empty(queue.Take(9));
    }

    [Fact]
    public async Task Who_waits_for_a_queue_to_be_empty_hears_that_its_taker_failed()
    {
        var queue = New(1);
        await queue.AddAsync(Said("a"), default);
        var empty = queue.CloseAsync();
        queue.Fail(new OwnershipLostException("gone"));
        await Assert.ThrowsAsync<OwnershipLostException>(() => empty.Within());
    }

    [Fact]
    public async Task Of_many_threads_each_keeps_its_order_and_nothing_is_lost_or_twice()
    {
        const int Writers = 4;
        const int Each = 5_000;
        var next = new int[Writers];
        EntryQueue queue = null!;
        queue = new EntryQueue(16, () => _ = Task.Run(TakeAll));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                Assert.True(await queue.AddAsync(Said($"{writer} {i}"), default));
            }
        })));
        await queue.CloseAsync().Within();
        Assert.All(next, count => Assert.Equal(Each, count));

        void TakeAll()
        {
            try
            {
                while (queue.Take(7) is { Length: > 0 } taken)
                {
                    foreach (var (writer, i) in Texts(taken).Select(text => text.Split(' ')).Select(text => (int.Parse(text[0]), int.Parse(text[1]))))
                    {
                        Assert.Equal(next[writer]++, i);
                    }
                }
            }
            catch (Exception e)
            {
                queue.Fail(e);
            }
        }
    }

    private EntryQueue New(int limit) => new(limit, () => _begun++);

    private static NewEntry Said(string text) => new(Protocol.Event, Protocol.DefaultEventOrigin, Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> Texts(NewEntry[] events) => events.Select(e => Encoding.UTF8.GetString(e.Body.Span));
}
