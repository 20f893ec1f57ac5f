using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>The log in Redis keeps the contract.</summary>
public sealed class RedisStreamStoreTests(RedisFixture redis) : StreamStoreContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private RedisStage? _stage;

    protected override IStreamStore Log => _stage!.Log;

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await _stage!.DisposeAsync();

    protected override async Task ExpireLeaseAsync(string siloId) =>
        Assert.Equal(1, await _stage!.Raw.NumberAsync("DEL", $"{_stage.Options.RedisPrefix}:#silo:{siloId}"));

    protected override async Task ExpirePastAsync(SessionKey key)
    {
        foreach (var name in await _stage!.Raw.TextsAsync("KEYS", $"{_stage.Name(key)}:past:*"))
        {
            Assert.InRange(await _stage.Raw.NumberAsync("PTTL", name!), 1, (long)StreamRules.PastStay.TotalMilliseconds);
            await _stage.Raw.CallAsync("PEXPIRE", name!, "1");
            await Wait.Until(async () => await _stage.Raw.NumberAsync("EXISTS", name!) == 0, "the past run expires");
        }
    }

    protected override async Task ExpireStreamAsync(SessionKey key)
    {
        // Pulls what expires some time to now; what does not expire stays.
        var name = _stage!.Name(key);
        if (await _stage.Raw.NumberAsync("PTTL", name) > 0)
        {
            await _stage.Raw.CallAsync("PEXPIRE", name, "1");
        }

        await Wait.Until(async () => await _stage.Raw.NumberAsync("PTTL", name) < 0, "the stream to expire");
    }
}
