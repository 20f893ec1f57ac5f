using AgentStream.Storage.Tailing;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>What a listener of a session gets, run after run.</summary>
public sealed class SessionListenerTests : IDisposable
{
    private readonly HubStage _stage = new();

    [Fact]
    public async Task It_gets_every_run_from_its_begin_to_its_end_and_waits_between_them()
    {
        await using var listener = Listen();
        var next = listener.NextAsync();
        for (var run = 0; run < 3; run++)
        {
            Assert.False(next.IsCompleted);
            await _stage.StartAsync();
            Assert.Equal("begin", await next.Within());
            await _stage.SayAsync("a", "b");
            await _stage.FinishAsync();
            Assert.Equal(["a", "b", "end"], await listener.NextAsync(3));
            next = listener.NextAsync();
        }

        await listener.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).Within();
        await _stage.NothingIsLeftAsync();
    }

    [Fact]
    public async Task It_continues_behind_its_cursor_with_the_rest_of_that_run_and_the_runs_after_it()
    {
        await _stage.StartAsync();
        await _stage.SayAsync("a", "b");
        await using var first = Listen();
        await first.NextAsync(2);
        await _stage.FinishAsync();
        await _stage.StartAsync();
        await _stage.SayAsync("c");

        await using var second = Listen(first.Cursor);
        Assert.Equal(["b", "end", "begin", "c"], await second.NextAsync(4));
    }

    [Fact]
    public async Task A_run_that_begins_between_the_look_and_the_wait_is_not_missed()
    {
        var reads = 0;
        _stage.Log.AfterRead = async slice =>
        {
            if (Interlocked.Increment(ref reads) == 2)
            {
                await _stage.StartAsync();
            }

            return slice;
        };
        await using var listener = Listen();
        Assert.Equal("begin", await listener.NextAsync().Within());
    }

    [Fact]
    public async Task A_run_whose_notices_are_lost_is_found_after_a_while()
    {
        var looked = new TaskCompletionSource();
        var reads = 0;
        _stage.Log.LoseNotices = true;
        _stage.Log.AfterRead = slice =>
        {
            if (Interlocked.Increment(ref reads) == 2)
            {
                looked.SetResult();
            }

            return Task.FromResult(slice);
        };
        await using var listener = Listen();
        var next = listener.NextAsync();
        await looked.Task.Within();
        await _stage.StartAsync();
        await Wait.Until(
            () =>
            {
                _stage.Time.Advance(TailRules.IdlePoll);
                return next.IsCompleted;
            },
            "the run");
        Assert.Equal("begin", await next);
    }

    [Fact]
    public async Task All_who_wait_for_a_sessions_next_run_share_one_watch_and_one_read_now_and_then()
    {
        const int Count = 20;
        var reads = 0;
        _stage.Log.AfterRead = slice =>
        {
            Interlocked.Increment(ref reads);
            return Task.FromResult(slice);
        };
        var listeners = Enumerable.Range(0, Count).Select(_ => Listen()).ToList();
        var next = listeners.ConvertAll(listener => listener.NextAsync());

        // Each looks for itself before and after it begins to wait.
        await Wait.Until(() => Volatile.Read(ref reads) >= Count * 2, "all have looked");
        await Wait.Until(() => _stage.Time.NextTimer == TailRules.IdlePoll, "they wait");
        await Wait.Until(() => _stage.Log.Watches == 1 && _stage.Hub.ActiveListeners == 0, "nothing but the one watch");
        var before = Volatile.Read(ref reads);
        for (var poll = 1; poll <= 3; poll++)
        {
            _stage.Time.Advance(TailRules.IdlePoll);
            await Wait.Until(() => Volatile.Read(ref reads) == before + poll && _stage.Time.NextTimer == TailRules.IdlePoll, "one read for all");
        }

        await _stage.StartAsync();
        Assert.All(await Task.WhenAll(next).Within(), text => Assert.Equal("begin", text));
        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }

        await _stage.NothingIsLeftAsync();
    }

    public void Dispose() => _stage.Dispose();

    private Heard Listen(Cursor? after = null) => new(_stage.Hub.ListenToSessionAsync(_stage.Key, after));
}
