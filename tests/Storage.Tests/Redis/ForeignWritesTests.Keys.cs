using System.Collections.Concurrent;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>What was made of a session's own keys.</summary>
public sealed partial class ForeignWritesTests
{
    [Theory]
    [InlineData("DEL :1:2:s|SET :1:2:s x", "key {0}:1:2:s is a string and should be a stream")]
    [InlineData("DEL :1:2:s:run|SET :1:2:s:run x", "key {0}:1:2:s:run is a string and should be a hash")]
    [InlineData("HSET :1:2:s:run seq x", "key {0}:1:2:s:run has a value that AgentStream does not write")]
    [InlineData("HSET :1:2:s:run seq nan", "key {0}:1:2:s:run has a value that AgentStream does not write")]
    [InlineData("HDEL :1:2:s:run seq", "key {0}:1:2:s:run has a value that AgentStream does not write")]
    [InlineData("HDEL :1:2:s:run last", "key {0}:1:2:s:run has a value that AgentStream does not write")]
    public async Task An_append_that_finds_something_else_in_its_keys_is_refused_and_names_the_key(string writes, string why)
    {
        await Log.StartAsync(Run);
        await WriteAsync(writes);

        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Log.AppendAsync(Run, 1, [Event("a")]));
        Assert.Contains(string.Format(null, why, _options.RedisPrefix), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("DEL :1:2:s|SET :1:2:s x")]
    [InlineData("XADD :1:2:s 18446744073709551615-18446744073709551615 a b")]
    [InlineData("HSET :1:2:s:run seq x")]
    [InlineData("HDEL :1:2:s:run seq last begin")]
    [InlineData("DEL :1:2:s:live|RPUSH :1:2:s:live x")]
    public async Task A_finish_gives_the_session_back_whatever_was_made_of_its_keys(string writes)
    {
        await Log.StartAsync(Run);
        await WriteAsync(writes);

        var result = await Log.FinishAsync(Run, 1, [Event("a")], TimeSpan.FromSeconds(5));
        Assert.Equal(writes.Contains(":live", StringComparison.Ordinal) ? RunStatus.Canceled : RunStatus.Live, result.Status);
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", Name("1:2:s:live"), Name("#registry:1:2"), Name("#silo:silo-a:runs")));
        Assert.Equal(result, await Log.FinishAsync(Run, 1, [Event("a")], TimeSpan.FromSeconds(5)));
        Assert.Equal(writes.Contains("SET :1:2:s x", StringComparison.Ordinal) ? "x" : null, await Raw.TextAsync("EVAL", "return redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1])", "1", Name("1:2:s")));
    }

    [Theory]
    [InlineData("DEL :1:2:s:live|SADD :1:2:s:live x")]
    [InlineData("DEL :1:2:s:run|SET :1:2:s:run x")]
    [InlineData("HDEL :1:2:s:run run")]
    [InlineData("DEL :#registry:1:2|SET :#registry:1:2 x")]
    public async Task A_cancel_takes_the_flag_away_whatever_was_made_of_the_keys(string writes)
    {
        await Log.StartAsync(Run);
        await WriteAsync(writes);
        Assert.True(await Log.CancelAsync(Key));
        Assert.False(await Log.IsLiveAsync(Key));
        Assert.False(await Log.CancelAsync(Key));
    }

    [Theory]
    [InlineData("HSET :1:2:s:run run r1", "key {0}:1:2:s:run has a value")]
    [InlineData("HSET :1:2:s:run run r1 silo x", "key {0}:1:2:s:run has a value")]
    [InlineData("SET :1:2:s:run x", "key {0}:1:2:s:run is a string and should be a hash")]
    [InlineData("SET :1:2:s x", "key {0}:1:2:s is a string and should be a stream")]
    public async Task A_start_is_refused_where_it_would_not_be_right_and_changes_nothing(string writes, string why)
    {
        await WriteAsync(writes);
        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Log.StartAsync(Run));
        Assert.Contains(string.Format(null, why, _options.RedisPrefix), error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await Raw.NumberAsync("EXISTS", Name("1:2:s:live"), Name("#silo:silo-a:runs"), Name("#silos")));
    }

    [Fact]
    public async Task A_flag_that_is_none_does_not_keep_a_run_from_its_start()
    {
        await WriteAsync("RPUSH :1:2:s:live x");
        await Log.StartAsync(Run);
        Assert.Equal(RunStatus.Live, (await Log.AppendAsync(Run, 1, [Event("a")])).Status);
    }

    [Fact]
    public async Task A_notice_that_is_none_makes_a_silo_look_for_itself()
    {
        var heard = new BlockingCollection<RunToken?>();
        await using var watch = await Log.WatchRunsAsync("silo-a", heard.Add);
        foreach (var text in (string[])["garbage", "", "1:2 run", "a b c", "1:ä:z run", "1:2:s run-1"])
        {
            await Raw.CallAsync("PUBLISH", Name("#silo:silo-a:notice"), text);
        }

        var tokens = await Task.Run(() => Enumerable.Range(0, 6).Select(_ => heard.Take()).ToList()).Within();
        // The client hands messages over side by side, so in any order.
        Assert.Equal(5, tokens.Count(token => token is null));
        Assert.Single(tokens, Run);
    }

    [Theory]
    [InlineData("HSET :1:2:s:run begin x")]
    [InlineData("HDEL :1:2:s:run begin")]
    [InlineData("HSET :1:2:s:run last 99999999999999999999999-0")]
    public async Task A_run_whose_record_is_none_is_not_found_but_named(string writes)
    {
        await Log.StartAsync(Run);
        await WriteAsync(writes);
        var error = await Assert.ThrowsAsync<StorageRefusedException>(() => Log.FindRunAsync(Key));
        Assert.Contains(Name("1:2:s:run"), error.Message, StringComparison.Ordinal);
    }
}
