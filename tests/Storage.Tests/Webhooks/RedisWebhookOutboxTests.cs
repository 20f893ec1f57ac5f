using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.Storage.Webhooks;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Webhooks;

/// <summary>The outbox in Redis keeps the contract, whatever others write there.</summary>
public sealed class RedisWebhookOutboxTests(RedisFixture redis) : WebhookOutboxContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private RedisStage? _stage;

    protected override IWebhookOutbox Outbox => Open(Stage);

    private RedisStage Stage => _stage!;

    private string Index => $"{Stage.Options.RedisPrefix}:#webhooks";

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task The_keys_are_these_and_nothing_stays_of_what_is_removed()
    {
        await AddAsync("msg_1", Noon);
        await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 2, Noon);
        Assert.Equal(["msg_1"], await Stage.Raw.TextsAsync("ZRANGE", Index, "0", "-1"));
        Assert.Equal([$"2 receiver {New("").Key} content"], await Stage.Raw.TextsAsync("HMGET", $"{Index}:deliveries", "msg_1"));
        Assert.Equal(["1"], await Stage.Raw.TextsAsync("HMGET", $"{Index}:counts", "receiver"));

        await Outbox.RemoveAsync("msg_1");
        Assert.Equal(0, await Stage.Raw.NumberAsync("EXISTS", Index, $"{Index}:deliveries", $"{Index}:counts"));
    }

    [Fact]
    public async Task What_another_program_has_put_among_the_webhooks_is_taken_out_and_the_others_stay()
    {
        await AddAsync("msg_1", Noon);
        await Stage.Raw.CallAsync("ZADD", Index, "1", "nothing kept", "2", "garbage", "3", "no number", "4", "no session", "5", "no space");
        await Stage.Raw.CallAsync("HSET", $"{Index}:deliveries", "garbage", "x", "no number", "one r 1:1:s c", "no session", "1 r here c", "no space", "1");
        Assert.Equal(["msg_1"], (await TakeAsync(Noon)).Select(taken => taken.Id));
        Assert.Equal(1, await Stage.Raw.NumberAsync("ZCARD", Index));
        Assert.Equal(1, await Stage.Raw.NumberAsync("HLEN", $"{Index}:deliveries"));
    }

    [Fact]
    public async Task Something_else_in_the_place_of_the_index_or_the_counts_makes_way()
    {
        await Stage.Raw.CallAsync("SET", Index, "x");
        await Stage.Raw.CallAsync("SET", $"{Index}:counts", "x");
        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => TakeAsync(Noon));
        Assert.Contains($"key {Index} is a string and should be a sorted set", error.Message, StringComparison.Ordinal);

        await AddAsync("msg_1", Noon);
        Assert.Single(await TakeAsync(Noon));
        await Outbox.RemoveAsync("msg_1");
    }

    protected override async ValueTask<IWebhookOutbox?> OpenAgainAsync()
    {
        var options = Stage.Options;
        await Stage.DisposeAsync();
        _stage = await RedisStage.OpenAsync(redis.Server, options);
        return Outbox;
    }

    private static RedisWebhookOutbox Open(RedisStage stage) => new(stage.Connection, Options.Create(stage.Options), NullLogger<RedisWebhookOutbox>.Instance);
}
