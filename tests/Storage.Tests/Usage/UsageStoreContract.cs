using AgentStream.Storage.Usage;

namespace AgentStream.Storage.Tests.Usage;

/// <summary>What every store of usage promises. A class for each gives it the store.</summary>
public abstract class UsageStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 20, TimeSpan.Zero);

    private readonly UserKey _user = new($"scope-{Guid.NewGuid():N}", "anna");

    private UserKey Neighbor => new(_user.Scope, "ben");

    /// <summary>The store under test.</summary>
    protected abstract IUsageStore Store { get; }

    /// <summary>The store as another process, or the next one, sees it; null when nobody else can.</summary>
    protected abstract ValueTask<IUsageStore?> OpenAgainAsync();

    [Fact]
    public async Task A_user_has_so_many_prompts_a_minute_and_the_next_minute_begins_anew()
    {
        var limits = new LimitOptions { PerUser = { PromptsPerMinute = 2 } };
        await Store.CountPromptAsync(_user, Noon, limits);
        await Store.CountPromptAsync(_user, Noon.AddSeconds(10), limits);
        var error = await RefusedAsync(_user, Noon.AddSeconds(10), limits);
        Assert.Equal((LimitNames.PromptsPerMinute, LimitTarget.User, 2, TimeSpan.FromSeconds(30)), (error.Limit, error.Target, error.Allowed, error.RetryAfter));
        await Store.CountPromptAsync(Neighbor, Noon, limits);
        Assert.Equal(new UsageCount(2, 3), (await Store.GetAsync(_user, Noon.AddSeconds(39))).Prompts);

        Assert.Equal(default, (await Store.GetAsync(_user, Noon.AddSeconds(40))).Prompts);
        await Store.CountPromptAsync(_user, Noon.AddSeconds(40), limits);
        Assert.Equal(new UsageCount(1, 1), (await Store.GetAsync(_user, Noon.AddSeconds(40))).Prompts);
    }

    [Fact]
    public async Task The_users_of_a_scope_have_so_many_together_and_what_is_refused_is_not_counted()
    {
        var limits = new LimitOptions { PerUser = { PromptsPerMinute = 2 }, PerScope = { PromptsPerMinute = 3 } };
        await Store.CountPromptAsync(_user, Noon, limits);
        await Store.CountPromptAsync(_user, Noon, limits);
        await Store.CountPromptAsync(Neighbor, Noon, limits);
        var error = await RefusedAsync(Neighbor, Noon, limits);
        Assert.Equal((LimitTarget.Scope, 3), (error.Target, error.Allowed));
        Assert.Equal(LimitTarget.User, (await RefusedAsync(_user, Noon, limits)).Target);
        Assert.Equal(new UsageCount(1, 3), (await Store.GetAsync(Neighbor, Noon)).Prompts);
        await Store.CountPromptAsync(new UserKey(_user.Scope + "-other", "anna"), Noon, limits);
    }

    [Fact]
    public async Task A_day_has_so_many_tokens_and_the_next_day_begins_anew()
    {
        var limits = new LimitOptions { PerUser = { TokensPerDay = 100 }, PerScope = { TokensPerDay = 150 } };
        Assert.Equal(new UsageCount(60, 60), await Store.AddTokensAsync(_user, Noon, 60));
        await Store.CountPromptAsync(_user, Noon, limits);
        Assert.Equal(new UsageCount(120, 120), await Store.AddTokensAsync(_user, Noon, 60));
        var error = await RefusedAsync(_user, Noon, limits);
        Assert.Equal((LimitNames.TokensPerDay, LimitTarget.User, 100), (error.Limit, error.Target, error.Allowed));
        Assert.Equal(new TimeSpan(11, 59, 40), error.RetryAfter);

        Assert.Equal(new UsageCount(30, 150), await Store.AddTokensAsync(Neighbor, Noon, 30));
        Assert.Equal(LimitTarget.Scope, (await RefusedAsync(Neighbor, Noon, limits)).Target);
        var midnight = Noon.Date.AddDays(1);
        Assert.Equal(default, (await Store.GetAsync(_user, midnight)).Tokens);
        Assert.Equal(new UsageCount(7, 7), await Store.AddTokensAsync(Neighbor, midnight, 7));
        await Store.CountPromptAsync(_user, midnight, limits);
    }

    [Fact]
    public async Task A_clock_that_is_behind_counts_for_the_later_window()
    {
        var limits = new LimitOptions { PerUser = { PromptsPerMinute = 2 } };
        await Store.CountPromptAsync(_user, Noon, limits);
        await Store.CountPromptAsync(_user, Noon.AddMinutes(-1), limits);
        await RefusedAsync(_user, Noon, limits);
        await Store.AddTokensAsync(_user, Noon, 5);
        Assert.Equal(new UsageCount(8, 8), await Store.AddTokensAsync(_user, Noon.AddDays(-1), 3));
    }

    [Fact]
    public async Task Of_many_prompts_at_once_only_so_many_are_counted()
    {
        var limits = new LimitOptions { PerUser = { PromptsPerMinute = 7 } };
        var counted = 0;
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            try
            {
                await Store.CountPromptAsync(_user, Noon, limits);
                Interlocked.Increment(ref counted);
            }
            catch (LimitExceededException)
            {
                // One of those that come too late.
            }
        })));
        Assert.Equal(7, counted);
    }

    [Fact]
    public async Task Tokens_survive_a_restart()
    {
        await Store.AddTokensAsync(_user, Noon, 60);
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal(new UsageCount(60, 60), (await again.GetAsync(_user, Noon)).Tokens);
        }
    }

    private Task<LimitExceededException> RefusedAsync(UserKey user, DateTimeOffset now, LimitOptions limits) =>
        Assert.ThrowsAsync<LimitExceededException>(async () => await Store.CountPromptAsync(user, now, limits));
}
