using System.Globalization;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tests.Redis;
using AgentStream.Storage.Timers;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Timers;

/// <summary>The index in Redis keeps the contract, and proves who writes.</summary>
public sealed class RedisSessionTimersTests(RedisFixture redis) : SessionTimersContract, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private RedisStage? _stage;

    protected override ISessionTimers Timers => Open(Stage);

    private RedisStage Stage => _stage!;

    private string Index => $"{Stage.Options.RedisPrefix}:#timers";

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task The_index_is_one_sorted_set_that_does_not_expire()
    {
        var key = await SetAsync(Samples.Time);
        Assert.Equal([key.ToString(), Samples.Time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)], await Stage.Raw.TextsAsync("ZRANGE", Index, "0", "-1", "WITHSCORES"));
        Assert.Equal(-1, await Stage.Raw.NumberAsync("PTTL", Index));
        await TakeAsync(Samples.Time);
        Assert.Equal(1, await Stage.Raw.NumberAsync("ZCARD", Index));
    }

    [Fact]
    public async Task A_run_that_has_lost_the_session_changes_nothing()
    {
        var run = await StartedAsync(Samples.NewSession());
        await Timers.SetAsync(run, Samples.Time);
        foreach (var other in (RunToken[])[run with { RunId = "other" }, run with { SiloId = "silo-2" }, run with { Turn = 1 }])
        {
            await Assert.ThrowsAsync<OwnershipLostException>(async () => await Timers.SetAsync(other, Samples.Time.AddDays(1)));
            await Timers.RemoveAsync(other);
        }

        await Stage.Log.FinishAsync(run, 1, [], TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<OwnershipLostException>(async () => await Timers.SetAsync(run, Samples.Time.AddDays(1)));
        await Timers.RemoveAsync(run);
        Assert.Equal([run.Key], await TakeAsync(Samples.Time));
    }

    [Fact]
    public async Task What_another_program_has_put_among_the_sessions_is_taken_out_and_the_others_stay()
    {
        var key = await SetAsync(Samples.Time);
        await Stage.Raw.CallAsync("ZADD", Index, "1", "garbage", "2", "1:2", "3", "");
        Assert.Equal([key], await TakeAsync(Samples.Time));
        Assert.Equal(1, await Stage.Raw.NumberAsync("ZCARD", Index));
    }

    [Fact]
    public async Task Something_else_in_the_place_of_the_index_is_named_and_makes_way_for_the_next_time()
    {
        await Stage.Raw.CallAsync("SET", Index, "x");
        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => TakeAsync(Samples.Time));
        Assert.Contains($"key {Index} is a string and should be a sorted set", error.Message, StringComparison.Ordinal);
        await Timers.ClearAsync(Samples.NewSession(), Samples.Time);

        var key = await SetAsync(Samples.Time);
        Assert.Equal([key], await TakeAsync(Samples.Time));
    }

    protected override async ValueTask<ISessionTimers?> OpenAgainAsync()
    {
        var options = Stage.Options;
        await Stage.DisposeAsync();
        _stage = await RedisStage.OpenAsync(redis.Server, options);
        return Timers;
    }

    protected override async Task<RunToken> StartedAsync(SessionKey key)
    {
        var run = new RunToken(key, "silo-1", Guid.NewGuid().ToString());
        await Stage.Log.StartAsync(run);
        return run;
    }

    private static RedisSessionTimers Open(RedisStage stage) =>
        new(stage.Connection, Options.Create(stage.Options), NullLogger<RedisSessionTimers>.Instance);
}
