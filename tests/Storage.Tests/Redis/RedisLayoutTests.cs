using System.Diagnostics;
using System.Globalization;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>What stands in Redis, seen by another client: the keys and entries are protocol.</summary>
public sealed class RedisLayoutTests(RedisFixture redis) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private readonly SessionKey _key = new(3, 4, "s");
    private RedisStage? _opened;

    private RedisStage Stage => _opened!;

    private RawRedis Raw => Stage.Raw;

    private RunToken Run => new(_key, "silo-a", "run-1");

    public async Task InitializeAsync() => _opened = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task A_start_writes_these_keys_and_no_others()
    {
        var begin = await Stage.Log.StartAsync(Run);

        var prefix = Stage.Options.RedisPrefix;
        var keys = await Raw.TextsAsync("KEYS", $"{prefix}:*");
        Assert.Equal(
            [$"{prefix}:#registry:3", $"{prefix}:#registry:3:4", $"{prefix}:#silo:silo-a", $"{prefix}:#silo:silo-a:runs", $"{prefix}:#silos", $"{prefix}:3:4:s", $"{prefix}:3:4:s:live", $"{prefix}:3:4:s:run"],
            keys.Order(StringComparer.Ordinal));
        Assert.Equal([(begin.ToString(), """type=begin origin=pydantic-ai-stream body={"session_id":"s"}""")], await Raw.EntriesAsync(Name()));
        Assert.Equal("silo-a:run-1", await Raw.TextAsync("GET", Name(":live")));
        Assert.Equal(
            ["silo-a", "run-1", "0", begin.ToString(), null],
            await Raw.TextsAsync("HMGET", Name(":run"), "silo", "run", "seq", "last", "ended"));
        Assert.Equal(["s"], await Raw.TextsAsync("SMEMBERS", $"{prefix}:#registry:3:4"));
        Assert.Equal(["4:s"], await Raw.TextsAsync("SMEMBERS", $"{prefix}:#registry:3"));
        Assert.Equal(["3:4:s"], await Raw.TextsAsync("SMEMBERS", $"{prefix}:#silo:silo-a:runs"));
        Assert.InRange(await Raw.NumberAsync("PTTL", $"{prefix}:#silo:silo-a"), 1, (long)Stage.Options.Lease.TotalMilliseconds);
        Assert.All(await Task.WhenAll(TtlAsync(""), TtlAsync(":live"), TtlAsync(":run")), ttl => Assert.Equal(-1, ttl));
    }

    [Fact]
    public async Task A_session_whose_flag_another_program_took_away_takes_up_no_room()
    {
        var limits = new LimitOptions { PerUser = { LiveRuns = 1 }, PerScope = { LiveRuns = 1 } };
        await Stage.Log.StartAsync(Run, limits);
        var next = new RunToken(new("3", "4", "next"), "silo-a", "run-2");
        await Assert.ThrowsAsync<LimitExceededException>(() => Stage.Log.StartAsync(next, limits));
        await Raw.CallAsync("DEL", Name(":live"));
        await Stage.Log.StartAsync(next, limits);
        Assert.Equal(["next"], await Raw.TextsAsync("SMEMBERS", $"{Stage.Options.RedisPrefix}:#registry:3:4"));
    }

    [Theory]
    [InlineData("registry", "3", "4")]
    [InlineData("silo", "silo-a", "runs")]
    [InlineData("journal", "3", "4")]
    [InlineData("#registry", "3", "4")]
    public async Task No_name_of_a_user_leads_to_a_key_of_AgentStreams_own(string scope, string user, string session)
    {
        await Stage.Log.StartAsync(Run);
        if (!UserKey.IsId(scope))
        {
            Assert.Throws<InvalidInputException>(() => new SessionKey(scope, user, session));
            return;
        }

        var run = new RunToken(new(scope, user, session), "silo-a", "run-2");
        await Stage.Log.StartAsync(run);

        Assert.Equal("stream", await Raw.TextAsync("TYPE", $"{Stage.Options.RedisPrefix}:{run.Key}"));
        Assert.Equal([_key.Session], (await Stage.Log.GetLiveSessionsAsync(new(3, 4))).Select(key => key.Session));
        Assert.Equal([run.Key], await Stage.Log.GetLiveSessionsAsync(new(scope, user)));
    }

    [Fact]
    public async Task Entries_have_type_origin_and_body_and_an_empty_body_is_left_out()
    {
        await Stage.Log.StartAsync(Run);

        var result = await Stage.Log.AppendAsync(Run, 4, [new("event", "pydantic-ai", "{}"u8.ToArray()), new("info", "me", default)]);
        await Stage.Log.FinishAsync(Run, 5, [new("error", "me", Encoding.UTF8.GetBytes("""{"msg":"ü"}"""))], TimeSpan.FromMinutes(1));

        var entries = await Raw.EntriesAsync(Name());
        Assert.Equal(
            ["type=event origin=pydantic-ai body={}", "type=info origin=me", """type=error origin=me body={"msg":"ü"}""", "type=end origin=pydantic-ai-stream"],
            entries.Skip(1).Select(entry => entry.Fields));
        Assert.Equal(result.Last.ToString(), entries[2].Id);
    }

    [Fact]
    public async Task A_finish_leaves_the_stream_for_the_grace_period_and_the_owner_a_little_longer()
    {
        await Stage.Log.StartAsync(Run);
        await Stage.Log.FinishAsync(Run, 1, [], TimeSpan.FromSeconds(40));

        Assert.Equal(0, await Raw.NumberAsync("EXISTS", Name(":live"), $"{Stage.Options.RedisPrefix}:#registry:3:4", $"{Stage.Options.RedisPrefix}:#silo:silo-a:runs"));
        Assert.Equal("1", await Raw.TextAsync("HGET", Name(":run"), "ended"));
        var (stream, owner) = await StaysAsync();
        Assert.InRange(stream, 1, 40_000);
        Assert.InRange(owner, stream, 41_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_finish_without_a_grace_period_leaves_the_time_to_read_end(int seconds)
    {
        (long Stream, long Owner) stays;
        TimeSpan left;
        do
        {
            var run = Run with { RunId = $"run-{Guid.NewGuid()}" };
            await Stage.Log.StartAsync(run);
            var finished = Stopwatch.GetTimestamp();
            await Stage.Log.FinishAsync(run, 1, [], TimeSpan.FromSeconds(seconds));
            stays = await StaysAsync();
            left = StreamRules.LeastGrace - Stopwatch.GetElapsedTime(finished);
        }
        while (stays.Stream < 0 && left < TimeSpan.Zero);

        Assert.InRange(stays.Stream, 1, (long)StreamRules.LeastGrace.TotalMilliseconds);
        Assert.InRange(stays.Owner, 2, (long)StreamRules.EndedMemory.TotalMilliseconds);
    }

    [Fact]
    public async Task A_start_empties_the_stream_and_lets_it_stay()
    {
        await Stage.Log.StartAsync(Run);
        await Stage.Log.FinishAsync(Run, 1, [], TimeSpan.FromMinutes(1));

        var begin = await Stage.Log.StartAsync(Run with { RunId = "run-2", SiloId = "silo-b" });

        Assert.Equal([begin.ToString()], (await Raw.EntriesAsync(Name())).Select(entry => entry.Id));
        Assert.Equal((-1, -1), (await TtlAsync(""), await TtlAsync(":run")));
    }

    [Fact]
    public async Task Entry_ids_do_not_go_back_even_when_the_servers_clock_did()
    {
        await Raw.CallAsync("XADD", Name(), "9999999999999-5", "type", "end", "origin", "o");
        await Raw.CallAsync("EXPIRE", Name(), "60");

        // Two further: the place before a begin is no end of another run.
        Assert.Equal(new Cursor(9999999999999, 7), await Stage.Log.StartAsync(Run));
    }

    [Fact]
    public async Task A_take_over_moves_the_session_from_the_dead_silos_runs_to_the_heirs()
    {
        await Stage.Log.StartAsync(Run);
        await Raw.CallAsync("DEL", $"{Stage.Options.RedisPrefix}:#silo:silo-a");

        await Stage.Log.RecoverAsync(Run, "silo-b");

        Assert.Empty(await Raw.TextsAsync("SMEMBERS", $"{Stage.Options.RedisPrefix}:#silo:silo-a:runs"));
        Assert.Equal(["3:4:s"], await Raw.TextsAsync("SMEMBERS", $"{Stage.Options.RedisPrefix}:#silo:silo-b:runs"));
        Assert.Equal("silo-b:run-1~1", await Raw.TextAsync("GET", Name(":live")));
        Assert.Empty(await Stage.Log.FindOrphanedAsync(10));
        Assert.Equal(["silo-b"], await Raw.TextsAsync("SMEMBERS", $"{Stage.Options.RedisPrefix}:#silos"));
    }

    [Fact]
    public async Task A_bare_GETDEL_cancels_a_run()
    {
        await Stage.Log.StartAsync(Run);
        Assert.Equal("silo-a:run-1", await Raw.TextAsync("GETDEL", Name(":live")));

        Assert.Equal([RunStatus.Canceled], await Stage.Log.CheckAsync([Run]));
        Assert.Empty(await Stage.Log.GetLiveSessionsAsync(new(3, 4)));
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", $"{Stage.Options.RedisPrefix}:#registry:3:4"));
        Assert.False(await Stage.Log.CancelAsync(_key));
        Assert.Equal(RunStatus.Canceled, (await Stage.Log.AppendAsync(Run, 1, [])).Status);
        Assert.Equal(RunStatus.Canceled, (await Stage.Log.FinishAsync(Run, 2, [], TimeSpan.FromMinutes(1))).Status);
        Assert.Equal("2", await Raw.TextAsync("HGET", Name(":run"), "ended"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_answer_to_a_cancel_stays_for_a_minute(bool isLive)
    {
        if (isLive)
        {
            await Stage.Log.StartAsync(Run);
        }

        Assert.Equal(isLive, await Stage.Log.CancelAsync(_key, new(Run.RunId, "abc")));

        Assert.Equal(isLive ? "1" : "0", await Raw.TextAsync("GET", Name(":cancel:abc")));
        Assert.InRange(await TtlAsync(":cancel:abc"), 1, 60_000);
    }

    [Fact]
    public async Task A_flag_that_another_library_raised_over_ours_cancels_our_run_and_stays()
    {
        await Stage.Log.StartAsync(Run);
        await Raw.CallAsync("SET", Name(":live"), "1");

        Assert.Equal(RunStatus.Canceled, (await Stage.Log.FinishAsync(Run, 1, [], TimeSpan.FromMinutes(1))).Status);

        Assert.Equal("1", await Raw.TextAsync("GET", Name(":live")));
    }

    [Fact]
    public async Task The_lease_is_one_key_that_expires()
    {
        await Stage.Log.RenewLeaseAsync("silo-z", TimeSpan.FromMinutes(1));
        Assert.InRange(await Raw.NumberAsync("PTTL", $"{Stage.Options.RedisPrefix}:#silo:silo-z"), 1, 60_000);

        await Stage.Log.RenewLeaseAsync("silo-z", TimeSpan.Zero);
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", $"{Stage.Options.RedisPrefix}:#silo:silo-z"));
    }

    [Fact]
    public async Task A_key_of_the_wrong_type_is_no_outage_and_a_start_changes_nothing()
    {
        await Raw.CallAsync("SET", Name(), "no stream");

        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Stage.Log.StartAsync(Run));

        Assert.EndsWith($"key {Name()} is a string and should be a stream; another program has written to it", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", Name(":live"), Name(":run")));
        error = await Assert.ThrowsAsync<StorageRefusedException>(() => Stage.Log.ReadAsync(_key, Cursor.Start, 1));
        Assert.Contains($"key {Name()} is a string", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_that_Redis_has_forgotten_are_sent_again()
    {
        async Task ForgetAsync() => await redis.Server.FlushScriptsAsync();

        await ForgetAsync();
        await Stage.Log.StartAsync(Run);
        await ForgetAsync();
        await Stage.Log.AppendAsync(Run, 1, [new("info", "o", "{}"u8.ToArray())]);
        await ForgetAsync();
        Assert.Equal([_key], await Stage.Log.GetLiveSessionsAsync(new(3, 4)));
        await ForgetAsync();
        Assert.True(await Stage.Log.CancelAsync(_key));
        await ForgetAsync();
        Assert.Equal(RunStatus.Canceled, (await Stage.Log.FinishAsync(Run, 2, [], TimeSpan.FromMinutes(1))).Status);
        await ForgetAsync();
        Assert.Equal(["begin", "info", "end"], (await Stage.Log.ReadAsync(_key, Cursor.Start, 10)).Events.Select(entry => entry.Type));
    }

    [Fact]
    public async Task A_channel_is_subscribed_to_once_however_many_watch_it()
    {
        var channel = Name(":notice");
        var watches = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Stage.Log.WatchAsync(_key, _ => { })));
        Assert.Equal(["1"], await SubscribersAsync());
        Assert.Equal(1, Stage.Log.ChannelCount);

        await Task.WhenAll(watches.Skip(1).Select(watch => watch.DisposeAsync().AsTask()));
        Assert.Equal(["1"], await SubscribersAsync());
        await watches[0].DisposeAsync();

        Assert.Equal(0, Stage.Log.ChannelCount);
        await Wait.Until(async () => (await SubscribersAsync()).SequenceEqual(["0"]), "the end of the subscription");

        async Task<string[]> SubscribersAsync() =>
            [.. ((object?[])(await Raw.CallAsync("PUBSUB", "NUMSUB", channel))!).Skip(1).Select(count => Convert.ToString(count, CultureInfo.InvariantCulture)!)];
    }

    private string Name(string rest = "") => Stage.Name(_key, rest);

    /// <summary>How many milliseconds the stream and its owner stay, at one moment.</summary>
    private async Task<(long Stream, long Owner)> StaysAsync()
    {
        var both = (object?[])(await Raw.CallAsync("EVAL", "return {redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2])}", "2", Name(), Name(":run")))!;
        return ((long)both[0]!, (long)both[1]!);
    }

    private async Task<long> TtlAsync(string rest)
    {
        using var raw = await redis.Server.ConnectAsync();
        return await raw.NumberAsync("PTTL", Name(rest));
    }
}
