using AgentStream.Storage.Tailing;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>What a listener notices of a log that fails, of lost notices, and what it leaves behind when it goes.</summary>
public sealed class StreamHubFaultTests : IDisposable
{
    private readonly HubStage _stage = new();

    [Fact]
    public async Task An_unavailable_log_ends_no_listening()
    {
        await _stage.StartAsync();
        await using var old = _stage.Listen();
        Assert.Equal("begin", await old.NextAsync().Within());
        var oldNext = old.NextAsync();
        await Wait.Until(() => _stage.Log.Watches == 1, "the watch");

        // A read that has been counted and has not yet looked whether the log is away would fail uncounted.
        await Wait.Until(() => _stage.Time.ArmedTimers > 0, "the tail to wait");
        var reads = _stage.Log.Reads;
        _stage.Log.BeforeRead = () => throw new StorageUnavailableException("away");
        await using var late = _stage.Listen();
        var lateNext = late.NextAsync();
        await _stage.SayAsync("a");
        await Wait.Until(() => _stage.Log.Reads >= reads + 2, "reads that fail");

        _stage.Log.BeforeRead = () => Task.CompletedTask;
        await Wait.Until(
            () =>
            {
                _stage.Time.Advance(TailRules.Patience.Longest);
                return oldNext.IsCompleted && lateNext.IsCompleted;
            },
            "both listeners to continue");

        Assert.Equal(("a", "begin"), (await oldNext, await lateNext));
    }

    [Fact]
    public async Task An_unavailable_watch_is_tried_again()
    {
        await _stage.StartAsync();
        var tries = 0;
        _stage.Log.BeforeWatch = () => ++tries < 5 ? throw new StorageUnavailableException("away") : Task.CompletedTask;
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();

        await Wait.Until(
            () =>
            {
                _stage.Time.Advance(TailRules.Patience.Longest);
                return _stage.Log.Watches == 1;
            },
            "the watch");
        await _stage.SayAsync("a");

        Assert.Equal("a", await next.Within());
    }

    [Fact]
    public async Task A_lost_notice_delays_an_event_by_the_safety_poll()
    {
        await _stage.StartAsync();
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();
        await Wait.Until(() => _stage.Time.ArmedTimers > 0, "the tail to wait");
        _stage.Log.LoseNotices = true;
        await _stage.SayAsync("a");
        Assert.False(next.IsCompleted);

        _stage.Time.Advance(TailRules.SafetyPoll);

        Assert.Equal("a", await next.Within());
    }

    [Fact]
    public async Task A_stream_without_notices_is_polled_slower_while_nothing_comes_and_fast_again_when_it_moves()
    {
        await _stage.StartAsync();
        _stage.Log.LoseNotices = true;
        _stage.Log.AfterRead = slice => Task.FromResult(slice with { IsForeign = true });
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();

        Assert.Equal([200, 400, 800, 1000, 1000], await PollsAsync(5));
        await Wait.Until(() => _stage.Time.NextTimer is not null, "the last of these reads to find nothing");
        await _stage.SayAsync("a");
        Assert.Equal([1000, 100, 200], await PollsAsync(3));
        Assert.Equal("a", await next.Within());
    }

    [Fact]
    public async Task Another_failure_of_the_log_goes_to_the_listeners()
    {
        await _stage.StartAsync();
        await using var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        var next = listener.NextAsync();
        await Wait.Until(() => _stage.Time.ArmedTimers > 0, "the tail to wait");

        _stage.Log.BeforeRead = () => throw new InvalidOperationException("broken");
        await _stage.SayAsync("a");

        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => next.Within())).Message);
        await _stage.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_failing_watch_goes_to_the_listeners()
    {
        await _stage.StartAsync();
        _stage.Log.BeforeWatch = () => throw new InvalidOperationException("broken");
        await using var listener = _stage.Listen();

        await Assert.ThrowsAsync<InvalidOperationException>(() => listener.NextAsync(2));

        await _stage.NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("canceled while it waits")]
    [InlineData("abandoned in the middle")]
    [InlineData("its reader throws")]
    [InlineData("canceled while the log is away")]
    public async Task However_a_listener_goes_nothing_of_it_stays(string how)
    {
        await _stage.StartAsync();
        await _stage.SayAsync(0, 200);
        var listener = _stage.Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
        switch (how)
        {
            case "canceled while it waits":
                await listener.NextAsync(200);
                var next = listener.NextAsync();
                await listener.StopAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within());
                break;
            case "abandoned in the middle":
                await listener.DisposeAsync();
                break;
            case "its reader throws":
                await Assert.ThrowsAsync<FormatException>(async () =>
                {
                    await foreach (var _ in _stage.Hub.ListenAsync(_stage.Key))
                    {
                        throw new FormatException();
                    }
                });
                await listener.DisposeAsync();
                break;
            default:
                _stage.Log.BeforeRead = () => throw new StorageUnavailableException("away");
                await listener.NextAsync(63);
                var read = listener.NextAsync();
                await listener.StopAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Within());
                break;
        }

        await _stage.NothingIsLeftAsync();
        Assert.True(await _stage.Log.IsLiveAsync(_stage.Key));
    }

    [Fact]
    public async Task Many_listeners_that_come_and_go_leave_nothing()
    {
        await _stage.StartAsync();
        await _stage.SayAsync(0, 100);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            await using var listener = _stage.Listen();
            Assert.Equal("begin", (await listener.NextAsync(1 + (i % 90)))[0]);
        })));

        await _stage.NothingIsLeftAsync();
    }

    public void Dispose() => _stage.Dispose();

    /// <summary>Moves the clock to each next poll, and says how many milliseconds that took.</summary>
    private async Task<List<int>> PollsAsync(int count)
    {
        var polls = new List<int>();
        while (polls.Count < count)
        {
            await Wait.Until(() => _stage.Time.NextTimer is not null, "the tail to wait");
            var (reads, wait) = (_stage.Log.Reads, _stage.Time.NextTimer!.Value);
            _stage.Time.Advance(wait);
            await Wait.Until(() => _stage.Log.Reads > reads, "the tail to read");
            polls.Add((int)wait.TotalMilliseconds);
        }

        return polls;
    }
}
