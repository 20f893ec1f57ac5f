using System.Collections.Concurrent;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_read_goes_on_behind_a_cursor_and_says_whether_there_is_more()
    {
        var run = await StartedAsync();
        await Log.FinishAsync(run, 1, [Said("a"), Said("b")], TimeSpan.FromMinutes(1));

        var first = await Log.ReadAsync(run.Key, Cursor.Start, 3);
        var second = await Log.ReadAsync(run.Key, first.Events[^1].Cursor, 3);
        var third = await Log.ReadAsync(run.Key, second.Events[^1].Cursor, 3);

        Assert.Equal(["begin", "a", "b"], first.Events.Select(Text));
        Assert.True(first.IsOpen);
        Assert.Equal(["end"], second.Events.Select(Text));
        Assert.False(second.IsOpen);
        Assert.Empty(third.Events);
        Assert.False(third.IsOpen);
    }

    [Fact]
    public async Task A_session_that_never_ran_is_empty_and_not_open()
    {
        var slice = await Log.ReadAsync(NewSession(), Cursor.Start, 10);

        Assert.Empty(slice.Events);
        Assert.False(slice.IsOpen);
    }

    [Fact]
    public async Task A_read_behind_a_cursor_that_no_event_has_is_empty()
    {
        var run = await StartedAsync();

        var slice = await Log.ReadAsync(run.Key, new Cursor(ulong.MaxValue, ulong.MaxValue), 10);

        Assert.Empty(slice.Events);
        Assert.True(slice.IsOpen);
    }

    [Fact]
    public async Task A_read_asks_for_one_event_at_least() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.ReadAsync(NewSession(), Cursor.Start, 0));

    [Fact]
    public async Task Every_watcher_hears_of_each_kind_of_change_until_it_leaves()
    {
        var key = NewSession();
        var (one, two) = (new BlockingCollection<StreamNotice>(), new BlockingCollection<StreamNotice>());
        var watchOne = await Log.WatchAsync(key, one.Add);
        await using var watchTwo = await Log.WatchAsync(key, two.Add);

        var run = await StartedAsync(key);
        await HeardAsync(StreamNoticeKind.Grown, one, two);
        await Log.AppendAsync(run, 1, [Said("a")]);
        await HeardAsync(StreamNoticeKind.Grown, one, two);
        await Log.CancelAsync(key);
        await HeardAsync(StreamNoticeKind.Canceled, one, two);
        await watchOne.DisposeAsync();
        await FinishAsync(run);
        await HeardAsync(StreamNoticeKind.Grown, two);

        Assert.Empty(one);
    }

    [Fact]
    public async Task A_watch_hears_of_every_append_from_the_moment_it_is_answered()
    {
        for (var i = 0; i < 100; i++)
        {
            var run = await StartedAsync();
            var heard = new TaskCompletionSource();
            await using var watch = await Log.WatchAsync(run.Key, _ => heard.TrySetResult());

            await Log.AppendAsync(run, 1, [Said("a")]);

            await heard.Task.Within();
        }
    }

    [Fact]
    public async Task A_watch_can_be_disposed_twice_and_begun_again()
    {
        var run = await StartedAsync();
        for (var i = 1; i <= 50; i++)
        {
            var heard = new TaskCompletionSource();
            var watch = await Log.WatchAsync(run.Key, _ => heard.TrySetResult());
            await Log.AppendAsync(run, i, [Said("a")]);
            await heard.Task.Within();
            await watch.DisposeAsync();
            await watch.DisposeAsync();
        }
    }

    [Fact]
    public async Task Operations_heed_their_token()
    {
        var run = await StartedAsync();
        var stopped = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.ReadAsync(run.Key, Cursor.Start, 1, stopped));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.AppendAsync(run, 1, [Said("a")], stopped));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.WatchAsync(run.Key, _ => { }, stopped));

        Assert.Equal("begin", await TextsAsync(run.Key));
    }

    private static async Task HeardAsync(StreamNoticeKind expected, params BlockingCollection<StreamNotice>[] watchers)
    {
        foreach (var watcher in watchers)
        {
            StreamNotice heard = default;
            await Wait.Until(() => watcher.TryTake(out heard), $"the notice {expected}");
            Assert.Equal(expected, heard.Kind);
        }
    }
}
