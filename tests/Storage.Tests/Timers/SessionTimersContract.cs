using AgentStream.Storage.Timers;

namespace AgentStream.Storage.Tests.Timers;

/// <summary>What every index of sessions by time promises. A class for each gives it the index, and a run that owns a session.</summary>
public abstract class SessionTimersContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, 7, TimeSpan.Zero);

    /// <summary>The index under test.</summary>
    protected abstract ISessionTimers Timers { get; }

    /// <summary>The index as another process, or the next one, sees it; null when nobody else can.</summary>
    protected abstract ValueTask<ISessionTimers?> OpenAgainAsync();

    /// <summary>A run that owns a session.</summary>
    protected abstract Task<RunToken> StartedAsync(SessionKey key);

    [Fact]
    public async Task Nothing_is_due_where_nobody_has_set_a_time() => Assert.Empty(await TakeAsync(DateTimeOffset.MaxValue));

    [Fact]
    public async Task A_session_is_due_at_its_time_and_not_a_millisecond_before()
    {
        var key = await SetAsync(Noon);
        Assert.Empty(await TakeAsync(Noon.AddMilliseconds(-1)));
        Assert.Equal([key], await TakeAsync(Noon));
    }

    [Fact]
    public async Task What_is_taken_is_hidden_for_a_while_and_due_again_then()
    {
        var key = await SetAsync(Noon);
        Assert.Equal([key], await Timers.TakeDueAsync(Noon, Noon.AddSeconds(15), 10));
        Assert.Empty(await TakeAsync(Noon.AddSeconds(14)));
        Assert.Equal([key], await TakeAsync(Noon.AddSeconds(15)));
    }

    [Fact]
    public async Task The_one_that_is_due_longest_comes_first_and_no_more_than_are_asked_for()
    {
        var (third, first, second) = (await SetAsync(Noon), await SetAsync(Noon.AddDays(-1)), await SetAsync(Noon.AddSeconds(-1)));
        Assert.Equal([first, second], await TakeAsync(Noon, 2));
        Assert.Equal([third], await TakeAsync(Noon, 2));
        Assert.Empty(await TakeAsync(Noon, 2));
    }

    [Fact]
    public async Task Several_that_take_at_once_get_each_session_once()
    {
        var keys = new List<SessionKey>();
        for (var i = 0; i < 20; i++)
        {
            keys.Add(await SetAsync(Noon.AddSeconds(-i)));
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TakeAsync(Noon, 5))));
        Assert.Equal(keys.Select(key => key.Session).Order(StringComparer.Ordinal), taken.SelectMany(some => some).Select(key => key.Session).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_session_has_one_time_and_the_last_one_counts()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.SetAsync(run, Noon);
        await Timers.SetAsync(run, Noon.AddHours(1));
        await Timers.SetAsync(run, Noon.AddHours(1));
        Assert.Empty(await TakeAsync(Noon));
        await Timers.SetAsync(run, Noon.AddHours(-1));
        Assert.Equal([run.Key], await TakeAsync(Noon.AddHours(-1)));
        Assert.Empty(await TakeAsync(Noon.AddHours(1)));
    }

    [Fact]
    public async Task A_time_is_cleared_only_if_it_is_still_the_same()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.SetAsync(run, Noon);
        await Timers.ClearAsync(run.Key, Noon.AddMilliseconds(1));
        Assert.Equal([run.Key], await TakeAsync(Noon));

        await Timers.SetAsync(run, Noon);
        await Timers.ClearAsync(run.Key, Noon);
        await Timers.ClearAsync(run.Key, Noon);
        Assert.Empty(await TakeAsync(DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task A_session_that_was_taken_is_cleared_by_the_time_it_got_and_not_when_it_was_set_anew()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.SetAsync(run, Noon);
        await Timers.TakeDueAsync(Noon, Noon.AddSeconds(15), 10);
        await Timers.SetAsync(run, Noon.AddHours(1));
        await Timers.ClearAsync(run.Key, Noon.AddSeconds(15));
        Assert.Equal([run.Key], await Timers.TakeDueAsync(Noon.AddHours(1), Noon.AddHours(2), 10));
        await Timers.ClearAsync(run.Key, Noon.AddHours(2));
        Assert.Empty(await TakeAsync(DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task A_session_that_was_taken_is_moved_by_the_time_it_got_and_not_when_it_was_set_anew()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.SetAsync(run, Noon);
        await Timers.TakeDueAsync(Noon, Noon.AddSeconds(15), 10);
        await Timers.MoveAsync(run.Key, Noon.AddSeconds(15), Noon.AddHours(1));
        await Timers.MoveAsync(run.Key, Noon.AddSeconds(15), Noon.AddHours(2));
        Assert.Empty(await TakeAsync(Noon.AddHours(1).AddMilliseconds(-1)));
        Assert.Equal([run.Key], await Timers.TakeDueAsync(Noon.AddHours(1), Noon.AddHours(3), 10));

        await Timers.SetAsync(run, Noon);
        await Timers.MoveAsync(run.Key, Noon.AddHours(3), Noon.AddHours(4));
        Assert.Equal([run.Key], await TakeAsync(Noon));
    }

    [Fact]
    public async Task A_session_without_a_time_gets_none_by_a_move()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.MoveAsync(run.Key, Noon, Noon);
        Assert.Empty(await TakeAsync(DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task A_session_that_is_removed_takes_no_others_along()
    {
        var run = await StartedAsync(Samples.NewSession());
        var other = await SetAsync(Noon, new SessionKey(1, 1, run.Key.Session.ToUpperInvariant()));
        await Timers.SetAsync(run, Noon);
        await Timers.RemoveAsync(run);
        await Timers.RemoveAsync(run);
        Assert.Equal([other], await TakeAsync(Noon));
    }

    [Fact]
    public async Task What_was_set_is_there_for_the_next_process()
    {
        var key = await SetAsync(Noon);
        var again = await OpenAgainAsync();
        Assert.Equal(again is not null, Timers.OutlivesProcess);
        if (again is not null)
        {
            Assert.Equal([key], await again.TakeDueAsync(Noon, Noon.AddYears(1), 10));
        }
    }

    private protected async Task<SessionKey> SetAsync(DateTimeOffset due, SessionKey? key = null)
    {
        var run = await StartedAsync(key ?? Samples.NewSession());
        await Timers.SetAsync(run, due);
        return run.Key;
    }

    /// <summary>Takes what is due for good.</summary>
    private protected async Task<IReadOnlyList<SessionKey>> TakeAsync(DateTimeOffset now, int count = 100) => await Timers.TakeDueAsync(now, DateTimeOffset.MaxValue, count);
}
