using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>What a query costs.</summary>
public sealed class QueryCostTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_query_walks_through_the_keys_only_when_foreign_sessions_are_asked_for(bool includeExternal)
    {
        // A server of its own: what it has done is counted for the whole server.
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server);
        await stage.Log.StartAsync(new(new(3, 4, "s"), "silo-a", "run-1"));

        Assert.Equal([new SessionKey(3, 4, "s")], await stage.Log.GetLiveSessionsAsync(new(3, 4), includeExternal));

        var stats = await stage.Raw.TextAsync("INFO", "commandstats");
        Assert.Contains("cmdstat_smembers:", stats, StringComparison.Ordinal);
        Assert.Equal(includeExternal, stats!.Contains("cmdstat_scan:", StringComparison.Ordinal));
        Assert.DoesNotContain("cmdstat_keys:", stats, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_users_who_ask_for_foreign_sessions_at_once_share_one_scan()
    {
        await using var server = await RedisServer.StartAsync();
        await using var stage = await RedisStage.OpenAsync(server, time: new ManualTimeProvider(DateTimeOffset.UnixEpoch));
        var users = Enumerable.Range(0, 40).Select(i => new UserKey("3", $"u{i}")).ToArray();
        foreach (var user in users)
        {
            await stage.Raw.CallAsync("SET", $"{stage.Options.RedisPrefix}:{user}:python:live", "1");
        }

        var found = await Task.WhenAll(users.Select(user => stage.Log.GetLiveSessionsAsync(user, includeExternal: true)));

        Assert.Equal(users.Select(user => user.Session("python")), found.Select(Assert.Single));
        Assert.Contains("cmdstat_scan:calls=1,", await stage.Raw.TextAsync("INFO", "commandstats"), StringComparison.Ordinal);
    }
}
