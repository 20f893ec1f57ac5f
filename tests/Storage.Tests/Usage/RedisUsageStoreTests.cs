using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.Storage.Usage;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Usage;

/// <summary>The store in Redis keeps the contract, whatever others write to its keys.</summary>
public sealed class RedisUsageStoreTests(RedisFixture redis) : UsageStoreContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 20, TimeSpan.Zero);

    private RedisStage? _stage;

    protected override IUsageStore Store => new RedisUsageStore(Stage.Connection, Options.Create(Stage.Options));

    private RedisStage Stage => _stage!;

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task Counts_expire_with_their_day()
    {
        var user = new UserKey("acme", "anna");
        await Store.AddTokensAsync(user, Noon, 1);
        foreach (var key in (string[])["#usage:acme:anna", "#usage:acme"])
        {
            Assert.InRange(await Stage.Raw.NumberAsync("PTTL", $"{Stage.Options.RedisPrefix}:{key}"), 1, (long)TimeSpan.FromDays(2).TotalMilliseconds);
        }
    }

    [Fact]
    public async Task Something_else_in_the_place_of_a_count_makes_way()
    {
        var user = new UserKey("acme", "anna");
        await Stage.Raw.CallAsync("SET", $"{Stage.Options.RedisPrefix}:#usage:acme:anna", "x");
        await Stage.Raw.CallAsync("HSET", $"{Stage.Options.RedisPrefix}:#usage:acme", "tokens", "many", "day", "?");
        await Store.CountPromptAsync(user, Noon, new LimitOptions());
        Assert.Equal(new UsageCount(5, 5), await Store.AddTokensAsync(user, Noon, 5));
        Assert.Equal(new UsageCount(1, 1), (await Store.GetAsync(user, Noon)).Prompts);
    }

    protected override ValueTask<IUsageStore?> OpenAgainAsync() => new(Store);
}
