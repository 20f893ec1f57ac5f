namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_past_run_is_read_to_its_end_though_others_have_begun_since()
    {
        var key = NewSession();
        var places = new List<Cursor>();
        for (var i = 1; i <= 5; i++)
        {
            var run = await StartedAsync(key);
            places.Add((await Log.AppendAsync(run, 1, [Said($"a{i}")])).Last);
            await Log.FinishAsync(run, 2, [Said($"b{i}"), Said($"c{i}")], TimeSpan.FromMinutes(1));
        }

        for (var i = 1; i <= 5; i++)
        {
            var rest = await Log.ReadAsync(key, places[i - 1], 10);

            Assert.Equal([$"b{i}", $"c{i}", "end"], rest.Events.Select(Text));
        }

        Assert.Equal("begin a5 b5 c5 end", await TextsAsync(key));
    }

    [Fact]
    public async Task A_past_run_is_read_from_directly_before_its_begin_and_in_parts()
    {
        var key = NewSession();
        var run = NewRun(key);
        var begin = await Log.StartAsync(run);
        await Log.FinishAsync(run, 1, [Said("a")], TimeSpan.FromMinutes(1));
        await StartedAsync(key);

        var first = await Log.ReadAsync(key, begin.Previous, 2);
        var second = await Log.ReadAsync(key, first.Events[^1].Cursor, 2);

        Assert.Equal(["begin", "a"], first.Events.Select(Text));
        Assert.True(first.IsOpen);
        Assert.Equal(["end"], second.Events.Select(Text));
        Assert.True(second.IsOpen);
    }

    [Fact]
    public async Task Behind_the_end_of_a_past_run_the_current_one_is_read()
    {
        var first = await StartedAsync();
        var end = (await FinishAsync(first)).Last;
        var second = await StartedAsync(first.Key);
        await FinishAsync(second);
        var third = await StartedAsync(first.Key);
        await Log.AppendAsync(third, 1, [Said("third")]);

        Assert.Equal(["begin", "third"], (await Log.ReadAsync(first.Key, end, 10)).Events.Select(Text));
    }

    [Fact]
    public async Task A_past_run_is_found_by_its_id()
    {
        var key = NewSession();
        var first = NewRun(key);
        var begin = await Log.StartAsync(first);
        var end = (await FinishAsync(first)).Last;
        var second = await StartedAsync(key);

        var known = await Log.FindRunAsync(key, first.RunId);

        Assert.Equal((first.RunId, begin, end, true), (known?.Run.RunId, known?.Begin, known?.Last, known?.HasEnded));
        Assert.Equal(second.RunId, (await Log.FindRunAsync(key))?.Run.RunId);
        Assert.Equal(second.RunId, (await Log.FindRunAsync(key, second.RunId))?.Run.RunId);
        Assert.Null(await Log.FindRunAsync(key, "another"));
    }

    [Fact]
    public async Task The_run_that_an_entry_is_of_is_found_also_when_it_is_past()
    {
        var key = NewSession();
        var first = NewRun(key);
        await Log.StartAsync(first);
        var said = (await Log.AppendAsync(first, 1, [Said("a")])).Last;
        var end = (await FinishAsync(first)).Last;
        var second = NewRun(key);
        var begin = await Log.StartAsync(second);

        Assert.Equal(first.RunId, (await Log.FindRunAtAsync(key, said))?.Run.RunId);
        Assert.Equal(first.RunId, (await Log.FindRunAtAsync(key, end))?.Run.RunId);
        Assert.Equal(second.RunId, (await Log.FindRunAtAsync(key, begin))?.Run.RunId);
        Assert.Null(await Log.FindRunAtAsync(key, new Cursor(1, 1)));
        Assert.Null(await Log.FindRunAtAsync(NewSession(), said));
    }

    [Fact]
    public async Task The_oldest_of_many_past_runs_are_forgotten()
    {
        var key = NewSession();
        var runs = new List<(RunToken Run, Cursor Begin)>();
        for (var i = 0; i < StreamRules.PastRuns + 2; i++)
        {
            var run = NewRun(key);
            runs.Add((run, await Log.StartAsync(run)));
            await FinishAsync(run);
        }

        Assert.Null(await Log.FindRunAsync(key, runs[0].Run.RunId));
        Assert.NotNull(await Log.FindRunAsync(key, runs[1].Run.RunId));
        Assert.Equal(runs[^1].Begin, (await Log.ReadAsync(key, runs[0].Begin.Previous, 1)).Events[0].Cursor);
        Assert.Equal(runs[1].Begin, (await Log.ReadAsync(key, runs[1].Begin.Previous, 1)).Events[0].Cursor);
    }

    [Fact]
    public async Task A_past_run_is_forgotten_after_a_while()
    {
        var first = NewRun(NewSession());
        var begin = await Log.StartAsync(first);
        await FinishAsync(first);
        var second = NewRun(first.Key);
        var next = await Log.StartAsync(second);

        await ExpirePastAsync(first.Key);

        Assert.Equal(next, (await Log.ReadAsync(first.Key, begin, 1)).Events[0].Cursor);
    }

    [Fact]
    public async Task A_sealed_run_is_not_canceled_any_more()
    {
        var run = await StartedAsync();

        Assert.Equal(RunStatus.Live, await Log.SealAsync(run));
        Assert.Equal(RunStatus.Live, await Log.SealAsync(run));
        Assert.False(await Log.CancelAsync(run.Key));

        Assert.True(await Log.IsLiveAsync(run.Key));
        Assert.Equal([RunStatus.Live], await Log.CheckAsync([run]));
        Assert.Equal(RunStatus.Live, (await FinishAsync(run)).Status);
        Assert.False(await Log.IsLiveAsync(run.Key));
        var next = await StartedAsync(run.Key);
        Assert.True(await Log.CancelAsync(next.Key));
    }

    [Fact]
    public async Task A_canceled_run_cannot_be_sealed()
    {
        var run = await StartedAsync();
        Assert.True(await Log.CancelAsync(run.Key));

        Assert.Equal(RunStatus.Canceled, await Log.SealAsync(run));

        Assert.Equal(RunStatus.Canceled, (await FinishAsync(run)).Status);
        Assert.Equal(RunStatus.Canceled, await Log.SealAsync(run));
    }

    [Fact]
    public async Task Who_does_not_own_a_run_cannot_seal_it()
    {
        var run = await StartedAsync();

        Assert.Equal(RunStatus.Lost, await Log.SealAsync(NewRun(run.Key, OtherSilo)));

        Assert.True(await Log.CancelAsync(run.Key));
    }

    [Fact]
    public async Task A_sealed_run_that_is_taken_over_is_sealed_until_it_is_opened()
    {
        var run = await StartedAsync();
        await Log.SealAsync(run);
        await ExpireLeaseAsync(Silo);
        var taken = (await Log.RecoverAsync(run, OtherSilo))!;

        Assert.True(taken.IsSealed);
        Assert.False(await Log.CancelAsync(run.Key));
        Assert.Equal(RunStatus.Live, await Log.SealAsync(taken.Run, isSealed: false));

        Assert.True(await Log.CancelAsync(run.Key));
        Assert.Equal([RunStatus.Canceled], await Log.CheckAsync([taken.Run]));
    }
}
