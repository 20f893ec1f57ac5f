using System.Text;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_start_raises_the_flag_and_adds_begin()
    {
        var run = NewRun(NewSession());

        var begin = await Log.StartAsync(run);

        Assert.True(await Log.IsLiveAsync(run.Key));
        var slice = await Log.ReadAsync(run.Key, Cursor.Start, 10);
        var entry = Assert.Single(slice.Events);
        Assert.Equal((begin, Protocol.Begin, Protocol.DefaultRuntimeOrigin), (entry.Cursor, entry.Type, entry.Origin));
        Assert.Equal($$"""{"session_id":"{{run.Key.Session}}"}""", Encoding.UTF8.GetString(entry.Body.Span));
        Assert.True(slice.IsOpen);
        Assert.False(slice.IsForeign);
    }

    [Fact]
    public async Task A_second_start_is_refused_while_a_run_is_under_way_and_changes_nothing()
    {
        var run = await StartedAsync();
        await Log.AppendAsync(run, 1, [Said("a")]);

        var busy = await Assert.ThrowsAsync<SessionBusyException>(() => Log.StartAsync(NewRun(run.Key, OtherSilo)));

        Assert.Equal(run.Key.ToString(), busy.Session);
        Assert.Contains(Silo, busy.Message, StringComparison.Ordinal);
        Assert.Equal("begin a", await TextsAsync(run.Key));
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(run, 2, [Said("b")])).Status);
    }

    [Fact]
    public async Task Of_many_starts_at_once_one_wins()
    {
        var key = NewSession();
        var runs = Enumerable.Range(0, 50).Select(i => NewRun(key, $"silo-{i}")).ToArray();

        var begins = await Task.WhenAll(runs.Select(async run =>
        {
            try
            {
                return await Log.StartAsync(run);
            }
            catch (SessionBusyException)
            {
                return (Cursor?)null;
            }
        }));

        Assert.Single(begins, begin => begin is not null);
        Assert.Equal("begin", await TextsAsync(key));
        Assert.Single(await Log.CheckAsync(runs), status => status == RunStatus.Live);
    }

    [Fact]
    public async Task A_repeated_start_answers_as_the_first_and_changes_nothing()
    {
        var run = NewRun(NewSession());
        var begin = await Log.StartAsync(run);
        await Log.AppendAsync(run, 1, [Said("a")]);

        Assert.Equal(begin, await Log.StartAsync(run));

        Assert.Equal("begin a", await TextsAsync(run.Key));
    }

    [Fact]
    public async Task A_canceled_run_still_keeps_others_out()
    {
        var run = await StartedAsync();
        await Log.CancelAsync(run.Key);

        await Assert.ThrowsAsync<SessionBusyException>(() => Log.StartAsync(NewRun(run.Key, OtherSilo)));
    }

    [Fact]
    public async Task After_its_end_a_session_takes_the_next_run_and_the_stream_starts_empty()
    {
        var first = await StartedAsync();
        await Log.AppendAsync(first, 1, [Said("old")]);
        var end = (await FinishAsync(first)).Last;

        var second = NewRun(first.Key, OtherSilo);
        var begin = await Log.StartAsync(second);
        await Log.AppendAsync(second, 1, [Said("new")]);

        Assert.True(begin > end);
        Assert.Equal("begin new", await TextsAsync(first.Key));
        Assert.Equal(["begin", "new"], (await Log.ReadAsync(first.Key, end, 10)).Events.Select(Text));
    }

    [Fact]
    public async Task A_run_whose_process_lost_its_lease_is_not_started_over()
    {
        var lost = await StartedAsync();
        await Log.AppendAsync(lost, 1, [Said("old")]);
        await ExpireLeaseAsync(Silo);

        await Assert.ThrowsAsync<SessionBusyException>(() => Log.StartAsync(NewRun(lost.Key, OtherSilo)));

        Assert.Equal("begin old", await TextsAsync(lost.Key));
        Assert.True(await Log.IsLiveAsync(lost.Key));
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_was_renewed_in_time_holds_its_runs_again()
    {
        var run = await StartedAsync();
        await ExpireLeaseAsync(Silo);
        await Log.RenewLeaseAsync(Silo, TimeSpan.FromMinutes(1));

        Assert.Null(await Log.RecoverAsync(run, OtherSilo));
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(run, 1, [Said("a")])).Status);
    }

    [Fact]
    public async Task A_lease_that_is_given_up_lets_others_take_over_at_once()
    {
        var run = await StartedAsync();

        await Log.RenewLeaseAsync(Silo, TimeSpan.Zero);

        Assert.NotNull(await Log.RecoverAsync(run, OtherSilo));
    }

    [Fact]
    public async Task A_run_of_a_dead_process_stays_open_for_readers()
    {
        var run = await StartedAsync();
        await ExpireLeaseAsync(Silo);

        var slice = await Log.ReadAsync(run.Key, Cursor.Start, 10);

        Assert.True(slice.IsOpen);
        Assert.False(slice.IsForeign);
        Assert.True((await Log.ReadAsync(run.Key, slice.Events[^1].Cursor, 10)).IsOpen);
    }

    [Fact]
    public async Task Cursors_grow_from_run_to_run_however_fast_runs_follow()
    {
        var key = NewSession();
        var cursors = new List<Cursor>();
        for (var i = 0; i < 30; i++)
        {
            var run = await StartedAsync(key);
            cursors.Add((await Log.AppendAsync(run, 1, [Said("a"), Said("b")])).Last);
            await FinishAsync(run, 2);
            cursors.AddRange((await Log.ReadAsync(key, cursors[^1], 10)).Events.Select(entry => entry.Cursor));
        }

        Assert.Equal(60, cursors.Count);
        Assert.Equal(cursors.Order(), cursors);
        Assert.Equal(cursors.Count, cursors.Distinct().Count());
    }
}
