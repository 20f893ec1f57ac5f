using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>What a listener gets, whatever happens beside it.</summary>
public sealed class StreamHubTests : IDisposable
{
    private readonly HubStage _stage = new();

    [Fact]
    public async Task A_listener_gets_every_event_once_and_completes_behind_end()
    {
        await _stage.StartAsync();
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();
        Assert.False(next.IsCompleted);

        await _stage.SayAsync("a");
        Assert.Equal("a", await next.Within());
        await _stage.SayAsync("b", "c");
        await _stage.FinishAsync();

        Assert.Equal(["b", "c", "end"], await listener.RestAsync());
        await _stage.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_listener_continues_behind_its_cursor()
    {
        await _stage.StartAsync();
        await _stage.SayAsync("a", "b", "c");
        await using var first = _stage.Listen();
        await first.NextAsync(2);
        await _stage.FinishAsync();

        await using var second = _stage.Listen(first.Cursor);

        Assert.Equal(["b", "c", "end"], await second.RestAsync());
    }

    [Fact]
    public async Task A_session_without_a_run_completes_at_once()
    {
        await using var listener = _stage.Listen();

        Assert.Null(await listener.NextAsync().Within());
        await _stage.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_reconnect_behind_end_completes_at_once()
    {
        await _stage.StartAsync();
        await _stage.FinishAsync();
        await using var first = _stage.Listen();
        Assert.Equal(["begin", "end"], await first.NextAsync(2));

        await using var second = _stage.Listen(first.Cursor);

        Assert.Null(await second.NextAsync().Within());
    }

    [Fact]
    public async Task An_event_that_comes_directly_behind_a_read_is_not_missed()
    {
        await _stage.StartAsync();
        var said = 0;
        _stage.Log.AfterRead = async slice =>
        {
            // After each look at the log, and before the hub can wait, one more event comes.
            if (Interlocked.Increment(ref said) <= 20)
            {
                await _stage.SayAsync(HubStage.Number(said));
            }

            return slice;
        };
        await using var listener = _stage.Listen();

        Assert.Equal(["begin", .. Enumerable.Range(1, 20).Select(HubStage.Number)], await listener.NextAsync(21));
    }

    [Fact]
    public async Task An_event_that_comes_before_the_watch_is_answered_is_not_missed()
    {
        await _stage.StartAsync();
        var watchAsked = new TaskCompletionSource();
        var saidMore = new TaskCompletionSource();
        _stage.Log.BeforeWatch = () =>
        {
            watchAsked.SetResult();
            return saidMore.Task;
        };
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();
        await watchAsked.Task.Within();

        await _stage.SayAsync("before the watch");
        saidMore.SetResult();

        Assert.Equal("before the watch", await next.Within());
    }

    [Fact]
    public async Task A_slow_listener_loses_nothing_and_holds_nobody_back()
    {
        await _stage.StartAsync();
        await using var slow = _stage.Listen();
        await using var quick = _stage.Listen();
        Assert.Equal("begin", await slow.NextAsync().Within());
        Assert.Equal("begin", await quick.NextAsync().Within());

        for (var i = 0; i < 5_000; i += 50)
        {
            await _stage.SayAsync(i, 50);
            Assert.Equal(Enumerable.Range(i, 50).Select(HubStage.Number), await quick.NextAsync(50));
        }

        await _stage.FinishAsync();
        Assert.Equal([.. Enumerable.Range(0, 5_000).Select(HubStage.Number), "end"], await slow.RestAsync());
        Assert.Equal(["end"], await quick.RestAsync());
        await _stage.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_listener_that_keeps_up_is_served_without_reading_the_log()
    {
        await _stage.StartAsync();
        await using var feeder = _stage.Listen();
        await feeder.NextAsync(1);
        var next = feeder.NextAsync();
        await _stage.TailWaitsAsync();
        await _stage.SayAsync("a", "b");
        await next.Within();
        await feeder.NextAsync(1);
        var place = feeder.Cursor;
        var reads = _stage.Log.Reads;

        await using var late = _stage.Listen(place with { Sequence = place.Sequence - 1 });

        Assert.Equal("b", await late.NextAsync().Within());
        Assert.Equal(reads, _stage.Log.Reads);
    }

    [Fact]
    public async Task A_thousand_listeners_share_one_reader()
    {
        const int Listeners = 1_000;
        await _stage.StartAsync();
        var listeners = Enumerable.Range(0, Listeners).Select(_ => _stage.Listen()).ToArray();
        Assert.All(await Task.WhenAll(listeners.Select(listener => listener.NextAsync(1))), texts => Assert.Equal(["begin"], texts));
        var waiting = listeners.Select(listener => listener.NextAsync()).ToArray();
        await _stage.TailWaitsAsync();
        Assert.Equal((1, 1, Listeners), (_stage.Hub.ActiveFeeds, _stage.Log.Watches, _stage.Hub.ActiveListeners));
        var reads = _stage.Log.Reads;

        for (var i = 0; i < 20; i++)
        {
            await _stage.SayAsync(HubStage.Number(i));
            Assert.All(await Task.WhenAll(waiting).Within(), text => Assert.Equal(HubStage.Number(i), text));
            waiting = [.. listeners.Select(listener => listener.NextAsync())];
        }

        await _stage.FinishAsync();
        Assert.All(await Task.WhenAll(waiting).Within(), text => Assert.Equal("end", text));
        Assert.All(await Task.WhenAll(listeners.Select(listener => listener.NextAsync())).Within(), Assert.Null);
        Assert.InRange(_stage.Log.Reads - reads, 1, 50);
        await _stage.NothingIsLeftAsync();
        await Task.WhenAll(listeners.Select(listener => listener.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_run_of_a_dead_process_is_waited_for_until_another_goes_on_with_it()
    {
        await _stage.StartAsync("dead silo");
        await _stage.SayAsync("a");
        await using var listener = _stage.Listen();
        Assert.Equal(["begin", "a"], await listener.NextAsync(2));
        var next = listener.NextAsync();
        _stage.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(next.IsCompleted);

        await _stage.RecoverAsync("next silo");
        await _stage.SayAsync("b");
        Assert.Equal("b", await next.Within());
        await _stage.FinishAsync();

        Assert.Equal(["end"], await listener.RestAsync());
    }

    [Fact]
    public async Task A_slow_listener_hears_its_run_to_the_end_though_the_next_has_begun()
    {
        await using var listener = await SlowListenerAsync();

        await _stage.FinishAsync();
        await _stage.StartAsync();
        await _stage.SayAsync("new");

        Assert.Equal([.. Enumerable.Range(0, 2_000).Select(HubStage.Number), "end"], await listener.RestAsync());
    }

    [Fact]
    public async Task A_listener_that_waits_hears_its_run_to_the_end_though_notices_of_the_next_come_first()
    {
        await _stage.StartAsync();
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();
        await Wait.Until(() => _stage.Log.Watches == 1, "the watch");
        _stage.Log.LoseNotices = true;
        await _stage.SayAsync("a");
        await _stage.FinishAsync();
        _stage.Log.LoseNotices = false;
        await _stage.StartAsync();

        Assert.Equal("a", await next.Within());
        Assert.Equal(["end"], await listener.RestAsync());
    }

    [Fact]
    public async Task A_slow_listener_whose_run_is_gone_goes_on_with_the_next_runs_begin()
    {
        await using var listener = await SlowListenerAsync();

        await _stage.FinishAsync();
        await _stage.StartAsync();
        await _stage.SayAsync("new");
        _stage.Time.Advance(StreamRules.PastStay);
        await _stage.FinishAsync();

        // What the listener held already is of the old run; behind it comes the new one, whole.
        var texts = await listener.RestAsync();
        var begin = texts.IndexOf("begin");
        Assert.Equal(Enumerable.Range(0, begin).Select(HubStage.Number), texts.Take(begin));
        Assert.Equal(["begin", "new", "end"], texts.Skip(begin));
    }

    [Fact]
    public async Task A_listener_that_comes_when_the_next_run_has_begun_follows_that_one()
    {
        await _stage.StartAsync();
        await using var old = _stage.Listen();
        Assert.Equal("begin", await old.NextAsync().Within());
        await _stage.FinishAsync();
        Assert.Equal("end", await old.NextAsync().Within());

        // The old tail has retired, though its listener is still there.
        await _stage.StartAsync();
        await using var late = _stage.Listen(old.Cursor);
        Assert.Equal("begin", await late.NextAsync().Within());
        var next = late.NextAsync();
        await _stage.SayAsync("a");

        Assert.Equal("a", await next.Within());
        Assert.Null(await old.NextAsync().Within());
    }

    [Fact]
    public async Task A_slow_listener_whose_reader_has_retired_gets_another()
    {
        await _stage.StartAsync();
        await using var slow = _stage.Listen();
        await using (var quick = _stage.Listen())
        {
            Assert.Equal("begin", await slow.NextAsync().Within());
            Assert.Equal("begin", await quick.NextAsync().Within());
            await _stage.SayAsync(0, 1_000);
            await _stage.FinishAsync();
            Assert.Equal(1_001, (await quick.RestAsync()).Count);
        }

        await Wait.Until(() => _stage.Log.Watches == 0, "the reader to retire");
        await _stage.StartAsync("next silo");
        _stage.Time.Advance(StreamRules.PastStay);
        Assert.Equal("begin", await slow.NextAsync().Within());
        var next = slow.NextAsync();
        await Wait.Until(() => _stage.Log.Watches == 1, "the watch of the next reader");
        await _stage.SayAsync("a");

        Assert.Equal("a", await next.Within());
    }

    public void Dispose() => _stage.Dispose();

    /// <summary>A listener that has heard the begin of a run, which has said more since than a window holds.</summary>
    private async Task<Heard> SlowListenerAsync()
    {
        await _stage.StartAsync();
        await _stage.SayAsync(0, 2_000);
        var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        return listener;
    }
}
