using System.Diagnostics;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_finish_adds_the_last_events_and_end_and_takes_the_flag_down()
    {
        var run = await StartedAsync();

        var result = await Log.FinishAsync(run, 1, [Said("last")], TimeSpan.FromMinutes(1));

        var slice = await Log.ReadAsync(run.Key, Cursor.Start, 10);
        Assert.Equal(["begin", "last", "end"], slice.Events.Select(Text));
        var end = slice.Events[^1];
        Assert.Equal((Protocol.DefaultRuntimeOrigin, 0), (end.Origin, end.Body.Length));
        Assert.Equal(new AppendResult(RunStatus.Live, end.Cursor), result);
        Assert.False(slice.IsOpen);
        Assert.False(await Log.IsLiveAsync(run.Key));
        Assert.Equal([RunStatus.Lost], await Log.CheckAsync([run]));
    }

    [Fact]
    public async Task A_repeated_finish_changes_nothing_and_answers_as_the_first()
    {
        var run = await StartedAsync();
        var first = await Log.FinishAsync(run, 1, [Said("last")], TimeSpan.FromMinutes(1));

        Assert.Equal(first, await Log.FinishAsync(run, 1, [Said("last")], TimeSpan.FromMinutes(1)));

        Assert.Equal("begin last end", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_finish_after_a_cancel_says_so_each_time()
    {
        var run = await StartedAsync();
        await Log.CancelAsync(run.Key);

        var first = await FinishAsync(run, 1);

        Assert.Equal(RunStatus.Canceled, first.Status);
        Assert.Equal(first, await FinishAsync(run, 1));
        Assert.Equal("begin end", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_finish_with_a_number_that_was_used_adds_end_alone()
    {
        var run = await StartedAsync();
        await Log.AppendAsync(run, 1, [Said("a")]);

        await Log.FinishAsync(run, 1, [Said("a")], TimeSpan.FromMinutes(1));

        Assert.Equal("begin a end", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_finish_without_ownership_changes_nothing()
    {
        var run = await StartedAsync();

        Assert.Equal(RunStatus.Lost, (await FinishAsync(NewRun(run.Key))).Status);
        Assert.Equal(RunStatus.Lost, (await FinishAsync(run with { SiloId = OtherSilo })).Status);

        Assert.True(await Log.IsLiveAsync(run.Key));
        Assert.Equal("begin", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_repeated_finish_does_not_touch_the_next_run()
    {
        var first = await StartedAsync();
        await FinishAsync(first, 1);
        var second = await StartedAsync(first.Key);

        Assert.Equal(RunStatus.Lost, (await FinishAsync(first, 1)).Status);

        Assert.Equal([RunStatus.Live], await Log.CheckAsync([second]));
        Assert.Equal("begin", await TextsAsync(first.Key));
    }

    [Fact]
    public async Task A_stream_goes_away_after_its_grace_period()
    {
        var run = await StartedAsync();
        await FinishAsync(run);

        await ExpireStreamAsync(run.Key);

        var slice = await Log.ReadAsync(run.Key, Cursor.Start, 10);
        Assert.Empty(slice.Events);
        Assert.False(slice.IsOpen);
    }

    [Fact]
    public async Task A_stream_whose_grace_period_is_zero_can_still_be_read_to_its_end()
    {
        string seen;
        TimeSpan left;
        do
        {
            var run = await StartedAsync();
            var finished = Stopwatch.GetTimestamp();
            await Log.FinishAsync(run, 1, [], TimeSpan.Zero);
            seen = await TextsAsync(run.Key);
            left = StreamRules.LeastGrace - Stopwatch.GetElapsedTime(finished);
        }
        while (seen.Length == 0 && left < TimeSpan.Zero);

        Assert.Equal("begin end", seen);
    }

    [Fact]
    public async Task A_new_run_within_the_grace_period_does_not_expire_with_the_old()
    {
        var first = await StartedAsync();
        await FinishAsync(first);
        await StartedAsync(first.Key, OtherSilo);

        await ExpireStreamAsync(first.Key);

        Assert.Equal("begin", await TextsAsync(first.Key));
    }
}
