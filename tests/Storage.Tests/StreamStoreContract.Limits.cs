namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task A_user_has_no_more_live_runs_than_are_allowed_and_an_end_or_a_cancel_makes_room()
    {
        var limits = new LimitOptions { PerUser = { LiveRuns = 2 } };
        var first = await StartedWithAsync(limits);
        var second = await StartedWithAsync(limits);
        var refused = NewRun(NewSession());
        var error = await Assert.ThrowsAsync<LimitExceededException>(() => Log.StartAsync(refused, limits));
        Assert.Equal((LimitNames.LiveRuns, LimitTarget.User, 2, TimeSpan.FromSeconds(5)), (error.Limit, error.Target, error.Allowed, error.RetryAfter));
        Assert.False(await Log.IsLiveAsync(refused.Key));
        Assert.Null(await Log.FindRunAsync(refused.Key));
        Assert.Equal(2, (await Log.CountLiveSessionsAsync(_user)).User);

        await Log.StartAsync(first, limits);
        await Log.StartAsync(NewRun(NewSession()));
        await Log.StartAsync(NewRun(new UserKey(_user.Scope, $"{_user.User}-other").Session("s")), limits);

        await FinishAsync(first);
        await Log.CancelAsync(second.Key);
        Assert.Equal(1, (await Log.CountLiveSessionsAsync(_user)).User);
        await StartedWithAsync(limits);
        await Assert.ThrowsAsync<LimitExceededException>(() => StartedWithAsync(limits));
    }

    [Fact]
    public async Task The_users_of_a_scope_have_no_more_live_runs_together_than_are_allowed()
    {
        var scope = $"scope-{Guid.NewGuid():N}";
        var limits = new LimitOptions { PerUser = { LiveRuns = 2 }, PerScope = { LiveRuns = 3 } };
        for (var i = 0; i < 3; i++)
        {
            await Log.StartAsync(NewRun(new SessionKey(scope, $"user-{i}", "s")), limits);
        }

        var error = await Assert.ThrowsAsync<LimitExceededException>(() => Log.StartAsync(NewRun(new SessionKey(scope, "user-3", "s")), limits));
        Assert.Equal((LimitTarget.Scope, 3), (error.Target, error.Allowed));
        Assert.Equal(new UsageCount(1, 3), await Log.CountLiveSessionsAsync(new UserKey(scope, "user-0")));
        await Log.StartAsync(NewRun(new SessionKey(scope + "-other", "user-3", "s")), limits);

        await Log.CancelAsync(new SessionKey(scope, "user-0", "s"));
        await Log.StartAsync(NewRun(new SessionKey(scope, "user-3", "s")), limits);
    }

    [Fact]
    public async Task Of_many_starts_at_once_only_so_many_come_through()
    {
        var limits = new LimitOptions { PerUser = { LiveRuns = 5 } };
        var starts = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            try
            {
                await StartedWithAsync(limits);
                return true;
            }
            catch (LimitExceededException)
            {
                return false;
            }
        })));
        Assert.Equal(5, starts.Count(started => started));
        Assert.Equal(5, (await Log.GetLiveSessionsAsync(_user)).Count);
    }

    private async Task<RunToken> StartedWithAsync(LimitOptions limits)
    {
        var run = NewRun(NewSession());
        await Log.StartAsync(run, limits);
        return run;
    }
}
