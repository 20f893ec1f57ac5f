using AgentStream.Storage.Ownership;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_run_whose_process_lost_its_lease_is_found_taken_over_and_goes_on_as_the_same_run()
    {
        var (dead, heir) = (NewSilo(), NewSilo());
        var run = await StartedAsync(siloId: dead);
        await Log.AppendAsync(run, 1, [Said("a")]);
        await Log.RenewLeaseAsync(heir, TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(run, await Log.FindOrphanedAsync(100));
        Assert.Null(await Log.RecoverAsync(run, heir));

        await ExpireLeaseAsync(dead);
        Assert.Contains(run, await Log.FindOrphanedAsync(100));
        var taken = await Log.RecoverAsync(run, heir);

        Assert.Equal((run with { SiloId = heir, Turn = 1 }, 1L, RunStatus.Live), (taken!.Run, taken.Number, taken.Status));
        Assert.True(await Log.IsLiveAsync(run.Key));
        Assert.Equal(RunStatus.Lost, (await Log.AppendAsync(run, 2, [Said("too late")])).Status);
        Assert.Equal(RunStatus.Lost, (await Log.FinishAsync(run, 2, [], TimeSpan.FromMinutes(1))).Status);
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(taken.Run, 2, [Said("b")])).Status);
        Assert.Equal(RunStatus.Live, (await FinishAsync(taken.Run)).Status);
        Assert.Equal("begin a b end", await TextsAsync(run.Key));
        Assert.DoesNotContain(await Log.FindOrphanedAsync(100), found => found.Key == run.Key);
    }

    [Fact]
    public async Task A_run_that_was_given_away_is_found_at_once_and_goes_on_as_the_same_run()
    {
        var (leaving, heir) = (NewSilo(), NewSilo());
        var run = await StartedAsync(siloId: leaving);
        await Log.AppendAsync(run, 1, [Said("a")]);
        await Log.RenewLeaseAsync(heir, TimeSpan.FromMinutes(1));
        await Log.HandOffAsync(run);
        await Log.HandOffAsync(run);

        Assert.Equal(RunStatus.Lost, (await Log.AppendAsync(run, 2, [Said("too late")])).Status);
        Assert.True(await Log.IsLiveAsync(run.Key));
        await Assert.ThrowsAsync<SessionBusyException>(() => Log.StartAsync(new RunToken(run.Key, heir, Guid.NewGuid().ToString())));
        var orphan = Assert.Single(await Log.FindOrphanedAsync(100), found => found.Key == run.Key);
        Assert.Equal(run with { SiloId = SiloIdentity.Nobody }, orphan);
        var taken = await Log.RecoverAsync(orphan, heir);
        Assert.Equal((run with { SiloId = heir, Turn = 1 }, 1L, RunStatus.Live), (taken!.Run, taken.Number, taken.Status));

        // Late, and no more of this process's: it changes nothing.
        await Log.HandOffAsync(run);
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(taken.Run, 2, [Said("b")])).Status);
        Assert.Equal(RunStatus.Live, (await FinishAsync(taken.Run)).Status);
        await Log.HandOffAsync(taken.Run);
        Assert.Equal("begin a b end", await TextsAsync(run.Key));
        Assert.DoesNotContain(await Log.FindOrphanedAsync(100), found => found.Key == run.Key);
    }

    [Fact]
    public async Task A_run_that_was_canceled_and_given_away_is_taken_over_as_canceled()
    {
        var (leaving, heir) = (NewSilo(), NewSilo());
        var run = await StartedAsync(siloId: leaving);
        await Log.RenewLeaseAsync(heir, TimeSpan.FromMinutes(1));
        Assert.True(await Log.CancelAsync(run.Key));
        await Log.HandOffAsync(run);
        var orphan = Assert.Single(await Log.FindOrphanedAsync(100), found => found.Key == run.Key);
        Assert.Equal(RunStatus.Canceled, (await Log.RecoverAsync(orphan, heir))!.Status);
    }

    [Fact]
    public async Task Of_many_heirs_one_takes_a_run_over()
    {
        var dead = NewSilo();
        var run = await StartedAsync(siloId: dead);
        await ExpireLeaseAsync(dead);

        var taken = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Log.RecoverAsync(run, $"{dead}-heir-{i}")));

        var owner = Assert.Single(taken, one => one is not null)!;
        Assert.Equal(owner.Run, (await Log.RecoverAsync(run, owner.Run.SiloId))!.Run);
        Assert.Equal([RunStatus.Live], await Log.CheckAsync([owner.Run]));
        Assert.Equal([RunStatus.Lost], await Log.CheckAsync([run]));
    }

    [Fact]
    public async Task A_canceled_run_is_taken_over_as_canceled()
    {
        var (dead, heir) = (NewSilo(), NewSilo());
        var run = await StartedAsync(siloId: dead);
        Assert.True(await Log.CancelAsync(run.Key));
        await ExpireLeaseAsync(dead);
        Assert.Equal(RunStatus.Canceled, (await Log.RecoverAsync(run, heir))!.Status);
        Assert.Equal(RunStatus.Canceled, (await Log.AppendAsync(run with { SiloId = heir, Turn = 1 }, 1, [])).Status);
    }

    [Fact]
    public async Task A_run_that_has_ended_or_has_another_owner_is_not_taken_over()
    {
        var (dead, heir) = (NewSilo(), NewSilo());
        var ended = await StartedAsync(siloId: dead);
        await FinishAsync(ended);
        var taken = await StartedAsync(siloId: dead);
        await ExpireLeaseAsync(dead);
        await Log.RecoverAsync(taken, NewSilo());

        Assert.Null(await Log.RecoverAsync(ended, heir));
        Assert.Null(await Log.RecoverAsync(taken, heir));
        Assert.DoesNotContain(await Log.FindOrphanedAsync(100), found => found.SiloId == dead);
    }

    [Fact]
    public async Task What_a_process_sent_before_it_lost_a_run_does_not_count_when_it_has_the_run_again()
    {
        var (paused, other) = (NewSilo(), NewSilo());
        var first = await StartedAsync(siloId: paused);
        await ExpireLeaseAsync(paused);
        var between = (await Log.RecoverAsync(first, other))!.Run;
        await Log.RenewLeaseAsync(paused, TimeSpan.FromMinutes(1));
        await ExpireLeaseAsync(other);

        var again = (await Log.RecoverAsync(between, paused))!.Run;

        Assert.Equal(paused, again.SiloId);
        Assert.NotEqual(first, again);
        Assert.Equal(RunStatus.Lost, (await Log.AppendAsync(first, 1, [Said("too late")])).Status);
        Assert.Equal(RunStatus.Lost, (await Log.FinishAsync(first, 1, [], TimeSpan.FromMinutes(1))).Status);
        Assert.Equal([RunStatus.Lost, RunStatus.Lost, RunStatus.Live], await Log.CheckAsync([first, between, again]));
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(again, 1, [Said("a")])).Status);
        await ExpireLeaseAsync(paused);
        Assert.Equal([again], (await Log.FindOrphanedAsync(100)).Where(found => found.Key == first.Key));
        Assert.Equal("begin a", await TextsAsync(first.Key));
    }

    private static string NewSilo() => $"silo-{Guid.NewGuid():N}";
}
